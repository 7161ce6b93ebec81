"""Outputs of the root modules as InfrastructureStatus and WorkerStatus."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from provisioner.api.alicloud_v1alpha1 import (
    InfrastructureStatus,
    MachineImage,
    SecurityGroup,
    VpcStatus,
    VSwitch,
    WorkerStatus,
)
from provisioner.translate.machine_deployments import with_scaling_groups

NODES = "nodes"


def infrastructure_status(
    outputs: Mapping[str, Any], images: Sequence[MachineImage] = ()
) -> InfrastructureStatus | None:
    """
    Return the status that the outputs of an infrastructure state describe; None before the VPC exists.

    vSwitches are sorted by zone, so that consumers see no change where there is none.
    """
    vpc_id = outputs.get("vpc_id")
    if not vpc_id:
        return None
    group_id = outputs.get("security_group_id")
    return InfrastructureStatus(
        vpc=VpcStatus(
            id=vpc_id,
            vswitches=tuple(
                VSwitch(id=id_, purpose=NODES, zone=zone)
                for zone, id_ in sorted((outputs.get("vswitch_ids") or {}).items())
                if id_
            ),
            security_groups=(SecurityGroup(id=group_id, purpose=NODES),) if group_id else (),
            route_table_id=outputs.get("route_table_id"),
        ),
        key_pair_name=outputs.get("key_pair_name") or "",
        machine_images=tuple(images),
    )


def worker_status(outputs: Mapping[str, Any]) -> WorkerStatus | None:
    """Return the status that the outputs of a worker state describe; None before anything was applied."""
    if "pools" not in outputs:
        return None
    return WorkerStatus(
        machine_images=tuple(
            MachineImage.model_validate({name: value for name, value in image.items() if value is not None})
            for image in outputs.get("machine_images") or ()
        )
    )


def applied_deployments(outputs: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return every pool and zone as the outputs of a worker state have it, with the ids of its scaling group."""
    return with_scaling_groups(outputs.get("machine_deployments") or [], outputs.get("pools") or {})


def egress_cidrs(outputs: Mapping[str, Any]) -> list[str]:
    """Return the addresses that the nodes' traffic comes from, sorted by zone."""
    return [cidr for _, cidr in sorted((outputs.get("egress_cidrs") or {}).items()) if cidr]

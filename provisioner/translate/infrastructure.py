"""An Infrastructure as variables of the infrastructure root module."""

from __future__ import annotations

from typing import Any

from provisioner.api.extensions_v1alpha1 import Infrastructure
from provisioner.errors import ManifestError
from provisioner.translate.names import ECS_NAME_LIMIT, VPC_NAME_LIMIT, cluster_tags, fit_name, key_pair_name


def translate_infrastructure(
    infrastructure: Infrastructure, technical_id: str, entry_name: str, pod_cidr: str | None
) -> dict[str, Any]:
    """
    Return the variables of the infrastructure root, as plain JSON.

    A zone that is listed twice counts once, the first time; the number in its names is the position it was first listed
    at, so that it never changes.

    Raises:
        ManifestError: the manifest lacks something without which nothing can be created.
    """
    config = infrastructure.spec.provider_config
    if config is None:
        raise ManifestError.single(
            infrastructure.reference, "spec.providerConfig", "Required", "there is no InfrastructureConfig"
        )
    vpc = config.networks.vpc
    if vpc.cidr is None:
        raise ManifestError.single(
            infrastructure.reference,
            "spec.providerConfig.networks.vpc.id",
            "NotSupported",
            "an existing VPC cannot be used yet",
            "give vpc.cidr, then a VPC is created",
        )
    zones: dict[str, dict[str, str]] = {}
    for index, zone in enumerate(config.networks.zones):
        if zone.name in zones or zone.cidr is None:
            continue
        zones[zone.name] = {
            "cidr": zone.cidr,
            "vswitch_name": fit_name(f"{technical_id}-{zone.name}-vsw", VPC_NAME_LIMIT),
            "vswitch_name_tag": fit_name(f"{technical_id}-nodes-z{index}", VPC_NAME_LIMIT),
            "eip_name": fit_name(f"{technical_id}-eip-natgw-z{index}", VPC_NAME_LIMIT),
            "snat_entry_name": fit_name(f"{technical_id}-snat-z{index}", VPC_NAME_LIMIT),
        }
    if not zones:
        raise ManifestError.single(
            infrastructure.reference, "spec.providerConfig.networks.zones", "Required", "at least one zone is needed"
        )
    key = infrastructure.spec.ssh_public_key
    return {
        "cluster_name": technical_id,
        "region": infrastructure.spec.region,
        "tags": cluster_tags(technical_id, entry_name),
        "vpc": {
            "name": fit_name(f"{technical_id}-vpc", VPC_NAME_LIMIT),
            "cidr": vpc.cidr,
            "name_tag": fit_name(technical_id, VPC_NAME_LIMIT),
        },
        "zones": zones,
        # The gateway lives in the first zone's vSwitch, as the extension's does: moving it would replace it.
        "nat_gateway": {"name": fit_name(f"{technical_id}-natgw", VPC_NAME_LIMIT), "zone": next(iter(zones))},
        "security_group": {
            "name": fit_name(f"{technical_id}-sg", ECS_NAME_LIMIT),
            "description": f"Security group for {technical_id}",
        },
        "pod_cidr": pod_cidr,
        "key_pair": {
            "name": key_pair_name(technical_id),
            "public_key": key.decode().strip(),
        }
        if key
        else None,
    }

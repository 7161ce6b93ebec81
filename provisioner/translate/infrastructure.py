"""An Infrastructure as variables of the infrastructure root module."""

from __future__ import annotations

from typing import Any

from provisioner.api.alicloud_v1alpha1 import InfrastructureConfig, ZoneConfig
from provisioner.api.extensions_v1alpha1 import Infrastructure
from provisioner.errors import ManifestError
from provisioner.ids import EntryName, TechnicalId
from provisioner.translate.names import VPC_NAME_LIMIT, cluster_tags, fit_name, owner_description
from provisioner.translate.resource_types import (
    EIP,
    IPV6_GATEWAY,
    KEY_PAIR,
    NAT_GATEWAY,
    ROUTE_TABLE,
    SECURITY_GROUP,
    SNAT_ENTRY,
    VPC,
    VSWITCH,
)
from provisioner.translate.user_network import UserEip, UserNatGateway, UserNetwork, UserVpc


def translate_infrastructure(
    infrastructure: Infrastructure,
    technical_id: TechnicalId,
    entry_name: EntryName,
    pod_cidr: str | None,
    user_network: UserNetwork | None = None,
) -> dict[str, Any]:
    """
    Return the variables of the infrastructure root, as plain JSON.

    A zone that is listed twice counts once, the first time; the number in its names is the position it was first listed
    at, so that it never changes. Without `user_network`, values of the user's VPC, NAT gateway or EIPs that only the
    cloud knows are null.

    Raises:
        ManifestError: the manifest lacks something that creating needs.
    """
    config = infrastructure.spec.provider_config
    if config is None:
        raise ManifestError.single(
            infrastructure.reference, "spec.providerConfig", "Required", "there is no InfrastructureConfig"
        )
    user_network = user_network or unread_network(config)
    zones = {
        name: _zone(technical_id, position, zone, config, user_network)
        for name, (position, zone) in config.networks.distinct_zones.items()
        if zone.cidr is not None
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
        "owner_description": owner_description(entry_name),
        "vpc": _vpc(technical_id, config, user_network),
        "zones": zones,
        "nat_gateway": _nat_gateway(technical_id, next(iter(zones)), user_network),
        "eip_charge_type": user_network.eip_charge_type,
        "route_table": _route_table(technical_id) if config.networks.vpc.use_custom_route_table else None,
        "ipv6": _ipv6(technical_id, user_network) if config.has_ipv6 else None,
        "security_group": {
            "name": SECURITY_GROUP.name_of(technical_id),
            "description": f"Security group for {technical_id}",
        },
        "pod_cidr": pod_cidr,
        "key_pair": {
            "name": KEY_PAIR.name_of(technical_id),
            "public_key": key.decode().strip(),
        }
        if key
        else None,
    }


def unread_network(config: InfrastructureConfig) -> UserNetwork:
    """Return the objects that the shoot uses and does not own, as far as its configuration alone names them."""
    vpc = config.networks.vpc
    return UserNetwork(
        vpc=None if vpc.id is None else UserVpc(vpc.id),
        nat_gateway=None if vpc.has_managed_nat_gateway else UserNatGateway(),
        eips={name: UserEip(id) for name, id in config.networks.user_eips.items()},
    )


def _vpc(technical_id: TechnicalId, config: InfrastructureConfig, user_network: UserNetwork) -> dict[str, Any]:
    if user_network.vpc is not None:
        return {"id": user_network.vpc.id, "cidr": user_network.vpc.cidr}
    return {
        "cidr": config.networks.vpc.cidr,
        "name": VPC.name_of(technical_id),
        "name_tag": fit_name(technical_id, VPC_NAME_LIMIT),
    }


def _zone(
    technical_id: TechnicalId, position: int, zone: ZoneConfig, config: InfrastructureConfig, user_network: UserNetwork
) -> dict[str, Any]:
    eip = user_network.eips.get(zone.name)
    variables: dict[str, Any] = {
        "cidr": zone.cidr,
        "vswitch_name": VSWITCH.name_of(technical_id, zone=zone.name),
        "vswitch_name_tag": fit_name(f"{technical_id}-nodes-z{position}", VPC_NAME_LIMIT),
        "eip_name": EIP.name_of(technical_id, position=position),
        "snat_entry_name": SNAT_ENTRY.name_of(technical_id, position=position),
    }
    if eip is not None:
        variables["eip"] = {"id": eip.id, "ip_address": eip.ip_address}
    if config.has_ipv6:
        variables["ipv6_block"] = position if zone.ipv6_cidr_block is None else zone.ipv6_cidr_block
    return variables


def _nat_gateway(technical_id: TechnicalId, first_zone: str, user_network: UserNetwork) -> dict[str, Any]:
    if user_network.nat_gateway is not None:
        return {"id": user_network.nat_gateway.id, "snat_table_id": user_network.nat_gateway.snat_table_id}
    # The gateway lives in the first zone's vSwitch, as the extension's does: moving it would replace it.
    return {"name": NAT_GATEWAY.name_of(technical_id), "zone": first_zone}


def _route_table(technical_id: TechnicalId) -> dict[str, str]:
    return {
        "name": ROUTE_TABLE.name_of(technical_id),
        "default_route_name": fit_name(f"{technical_id}-rt-default", VPC_NAME_LIMIT),
        "ipv6_route_name": fit_name(f"{technical_id}-rt-ipv6", VPC_NAME_LIMIT),
    }


def _ipv6(technical_id: TechnicalId, user_network: UserNetwork) -> dict[str, str | None]:
    if user_network.vpc is not None:
        return {"gateway_id": user_network.vpc.ipv6_gateway_id}
    return {"gateway_name": IPV6_GATEWAY.name_of(technical_id)}

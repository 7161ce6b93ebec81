"""
The resource types, one module each: which actions create, read, change and delete an object, in which order.

What lives here is the call sequence of aliyun/terraform-provider-alicloud 1.289.0 (read 2026-11) per type, quirks
included. Planning and the wire are elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from provisioner.sandbox.provider.resources import (
    ecs_key_pair,
    eip_address,
    eip_association,
    ess_scaling_configuration,
    ess_scaling_group,
    nat_gateway,
    route_entry,
    route_table,
    route_table_attachment,
    security_group,
    security_group_rule,
    snat_entry,
    vpc,
    vpc_ipv6_gateway,
    vswitch,
)
from provisioner.sandbox.provider.resources.operations import Operations

OPERATIONS: Mapping[str, Operations] = MappingProxyType(
    {
        "alicloud_vpc": vpc.OPERATIONS,
        "alicloud_vswitch": vswitch.OPERATIONS,
        "alicloud_nat_gateway": nat_gateway.OPERATIONS,
        "alicloud_eip_address": eip_address.OPERATIONS,
        "alicloud_eip_association": eip_association.OPERATIONS,
        "alicloud_snat_entry": snat_entry.OPERATIONS,
        "alicloud_route_table": route_table.OPERATIONS,
        "alicloud_route_table_attachment": route_table_attachment.OPERATIONS,
        "alicloud_route_entry": route_entry.OPERATIONS,
        "alicloud_vpc_ipv6_gateway": vpc_ipv6_gateway.OPERATIONS,
        "alicloud_security_group": security_group.OPERATIONS,
        "alicloud_security_group_rule": security_group_rule.OPERATIONS,
        "alicloud_ecs_key_pair": ecs_key_pair.OPERATIONS,
        "alicloud_ess_scaling_group": ess_scaling_group.OPERATIONS,
        "alicloud_ess_scaling_configuration": ess_scaling_configuration.OPERATIONS,
    }
)

__all__ = ["OPERATIONS", "Operations"]

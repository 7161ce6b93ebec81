"""Every action of the simulated cloud, by API version and name. One that is not here does not exist."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from provisioner.sandbox.actions import (
    account,
    eip,
    image,
    instance,
    key_pair,
    nat_gateway,
    resource_group,
    route_table,
    scaling_configuration,
    scaling_group,
    scaling_instance,
    security_group,
    security_group_rule,
    snat_entry,
    tagging,
    vpc,
    vswitch,
    zone,
)
from provisioner.sandbox.cloud.call import Action, Answer, Call

_Functions = Mapping[str, Callable[[Call], Answer]]

VPC = "2016-04-28"
ECS = "2014-05-26"
ESS = "2014-08-28"
STS = "2015-04-01"
LOCATION = "2015-06-12"
BSS = "2017-12-14"

_READS: tuple[tuple[str, _Functions], ...] = (
    (VPC, vpc.READS),
    (VPC, route_table.READS),
    (VPC, vswitch.READS),
    (VPC, nat_gateway.READS),
    (VPC, eip.READS),
    (VPC, snat_entry.READS),
    (VPC, {"ListTagResources": tagging.list_tag_resources(tagging.VPC_KINDS)}),
    (ECS, security_group.READS),
    (ECS, security_group_rule.READS),
    (ECS, key_pair.READS),
    (ECS, image.READS),
    (ECS, zone.READS),
    (ECS, instance.READS),
    (ECS, {"ListTagResources": tagging.list_tag_resources(tagging.ECS_KINDS)}),
    (ESS, scaling_group.READS),
    (ESS, scaling_configuration.READS),
    (ESS, scaling_instance.READS),
    (ESS, {"ListTagResources": tagging.list_tag_resources(tagging.ESS_KINDS)}),
    (STS, account.STS_READS),
    (LOCATION, account.LOCATION_READS),
    (BSS, account.BSS_READS),
)

_WRITES: tuple[tuple[str, _Functions], ...] = (
    (VPC, vpc.WRITES),
    (VPC, route_table.WRITES),
    (VPC, vswitch.WRITES),
    (VPC, nat_gateway.WRITES),
    (VPC, eip.WRITES),
    (VPC, snat_entry.WRITES),
    (VPC, resource_group.VPC_WRITES),
    (
        VPC,
        {
            "TagResources": tagging.tag_resources(tagging.VPC_KINDS),
            "UnTagResources": tagging.untag_resources(tagging.VPC_KINDS),
        },
    ),
    (ECS, security_group.WRITES),
    (ECS, security_group_rule.WRITES),
    (ECS, key_pair.WRITES),
    (ECS, instance.WRITES),
    (ECS, resource_group.ECS_WRITES),
    (
        ECS,
        {
            "TagResources": tagging.tag_resources(tagging.ECS_KINDS),
            "UntagResources": tagging.untag_resources(tagging.ECS_KINDS),
        },
    ),
    (ESS, scaling_group.WRITES),
    (ESS, scaling_configuration.WRITES),
    (ESS, scaling_instance.WRITES),
    (ESS, resource_group.ESS_WRITES),
    (
        ESS,
        {
            "TagResources": tagging.tag_resources(tagging.ESS_KINDS),
            "UntagResources": tagging.untag_resources(tagging.ESS_KINDS),
        },
    ),
)

TABLE: Mapping[tuple[str, str], Action] = {
    (version, name): Action(run, mutates)
    for mutates, groups in ((False, _READS), (True, _WRITES))
    for version, functions in groups
    for name, run in functions.items()
}
"""The action table."""

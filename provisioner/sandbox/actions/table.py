"""Every action of the simulated cloud, by API version and name. One that is not here does not exist."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from provisioner.sandbox.actions import account, resource_group, tagging
from provisioner.sandbox.actions.ecs import (
    account_attributes,
    disk,
    image,
    image_share,
    instance,
    instance_change,
    instance_launch,
    instance_options,
    instance_state,
    key_pair,
    key_pair_attachment,
    launch_template,
    launch_template_version,
    network_interface,
    security_group,
    security_group_rule,
    tag_listing,
    zone,
)
from provisioner.sandbox.actions.ess import (
    instance_refresh,
    scaling_activity,
    scaling_attachment,
    scaling_configuration,
    scaling_group,
    scaling_instance,
    scaling_removal,
    scaling_rule,
)
from provisioner.sandbox.actions.ess.instance_refresh_progress import PROGRESS
from provisioner.sandbox.actions.quotas import product_quota
from provisioner.sandbox.actions.ram import (
    role,
    role_policy,
    role_tagging,
    service_linked_role,
    user,
    user_key,
)
from provisioner.sandbox.actions.slb import (
    load_balancer,
    load_balancer_creation,
    load_balancer_listener,
    vserver_group,
)
from provisioner.sandbox.actions.sts import session
from provisioner.sandbox.actions.vpc import (
    cidr_block,
    eip,
    ipv6_gateway,
    nat_gateway,
    route_entry,
    route_table,
    route_table_association,
    snat_entry,
    vpc,
    vswitch,
)
from provisioner.sandbox.cloud.call import Action, ActionTable, Answer, Call

_Functions = Mapping[str, Callable[[Call], Answer]]

VPC = "2016-04-28"
ECS = "2014-05-26"
ESS = "2014-08-28"
SLB = "2014-05-15"
STS = "2015-04-01"
RAM = "2015-05-01"
RESOURCE_MANAGER = "2020-03-31"
QUOTA_CENTER = "2020-05-10"
LOCATION = "2015-06-12"
BSS = "2017-12-14"

_RELEASE: _Functions = {"DeleteInstance": instance.delete_instance(scaling_instance.replace_released)}

_READS: tuple[tuple[str, _Functions], ...] = (
    (VPC, vpc.READS),
    (VPC, route_table.READS),
    (VPC, route_entry.READS),
    (VPC, ipv6_gateway.READS),
    (VPC, vswitch.READS),
    (VPC, nat_gateway.READS),
    (VPC, eip.READS),
    (VPC, snat_entry.READS),
    (VPC, {"ListTagResources": tagging.list_tag_resources(tagging.VPC_KINDS)}),
    (ECS, security_group.READS),
    (ECS, security_group_rule.READS),
    (ECS, key_pair.READS),
    (ECS, image.READS),
    (ECS, image_share.READS),
    (ECS, zone.READS),
    (ECS, account_attributes.READS),
    (ECS, instance.READS),
    (ECS, instance_options.READS),
    (ECS, disk.READS),
    (ECS, network_interface.READS),
    (ECS, launch_template.READS),
    (ECS, launch_template_version.READS),
    (ECS, tag_listing.READS),
    (ECS, {"ListTagResources": tagging.list_tag_resources(tagging.ECS_KINDS)}),
    (ESS, scaling_group.READS),
    (ESS, scaling_configuration.READS),
    (ESS, scaling_instance.READS),
    (ESS, scaling_activity.READS),
    (ESS, scaling_rule.READS),
    (ESS, instance_refresh.READS),
    (ESS, {"ListTagResources": tagging.list_tag_resources(tagging.ESS_KINDS)}),
    (SLB, load_balancer.READS),
    (SLB, vserver_group.READS),
    (SLB, {"ListTagResources": tagging.list_tag_resources(tagging.SLB_KINDS)}),
    (STS, session.READS),
    (RAM, role.READS),
    (RAM, role_policy.READS),
    (RAM, role_tagging.READS),
    (RAM, user.READS),
    (RAM, user_key.READS),
    (RESOURCE_MANAGER, service_linked_role.READS),
    (QUOTA_CENTER, product_quota.READS),
    (LOCATION, account.LOCATION_READS),
    (BSS, account.BSS_READS),
)

_WRITES: tuple[tuple[str, _Functions], ...] = (
    (VPC, vpc.WRITES),
    (VPC, cidr_block.WRITES),
    (VPC, route_table.WRITES),
    (VPC, route_table_association.WRITES),
    (VPC, route_entry.WRITES),
    (VPC, ipv6_gateway.WRITES),
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
    (ECS, key_pair_attachment.WRITES),
    (ECS, image.WRITES),
    (ECS, image_share.WRITES),
    (ECS, _RELEASE),
    (ECS, instance_launch.WRITES),
    (ECS, instance_state.WRITES),
    (ECS, instance_change.WRITES),
    (ECS, instance_options.WRITES),
    (ECS, disk.WRITES),
    (ECS, launch_template.WRITES),
    (ECS, launch_template_version.WRITES),
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
    (ESS, scaling_removal.WRITES),
    (ESS, scaling_attachment.WRITES),
    (ESS, scaling_rule.WRITES),
    (ESS, instance_refresh.WRITES),
    (ESS, resource_group.ESS_WRITES),
    (
        ESS,
        {
            "TagResources": tagging.tag_resources(tagging.ESS_KINDS),
            "UntagResources": tagging.untag_resources(tagging.ESS_KINDS),
        },
    ),
    (SLB, load_balancer.WRITES),
    (SLB, load_balancer_creation.WRITES),
    (SLB, load_balancer_listener.WRITES),
    (SLB, vserver_group.WRITES),
    (
        SLB,
        {
            "TagResources": tagging.tag_resources(tagging.SLB_KINDS),
            "UntagResources": tagging.untag_resources(tagging.SLB_KINDS),
        },
    ),
    (STS, session.WRITES),
    (RAM, role.WRITES),
    (RAM, role_policy.WRITES),
    (RAM, role_tagging.WRITES),
    (RAM, user.WRITES),
    (RAM, user_key.WRITES),
    (RESOURCE_MANAGER, service_linked_role.WRITES),
)

# A caller that looks at Auto Scaling or at instances sees what an instance refresh has done by then.
_SEE_REFRESHES = (
    instance.READS,
    _RELEASE,
    instance_state.WRITES,
    instance_change.WRITES,
    instance_options.READS,
    instance_options.WRITES,
    disk.READS,
    disk.WRITES,
    network_interface.READS,
)

TABLE: ActionTable = {
    (version, name): Action(run, mutates, PROGRESS if version == ESS or functions in _SEE_REFRESHES else None)
    for mutates, groups in ((False, _READS), (True, _WRITES))
    for version, functions in groups
    for name, run in functions.items()
}
"""The action table."""

"""Every action of the simulated cloud, by API version and name. One that is not here does not exist."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from provisioner.sandbox.actions import route_table, tagging, vpc, vswitch
from provisioner.sandbox.cloud.call import Action, Answer, Call

_Functions = Mapping[str, Callable[[Call], Answer]]

VPC = "2016-04-28"
ECS = "2014-05-26"
ESS = "2014-08-28"

_READS: tuple[tuple[str, _Functions], ...] = (
    (VPC, vpc.READS),
    (VPC, route_table.READS),
    (VPC, vswitch.READS),
    (VPC, {"ListTagResources": tagging.list_tag_resources(tagging.VPC_KINDS)}),
)

_WRITES: tuple[tuple[str, _Functions], ...] = (
    (VPC, vpc.WRITES),
    (VPC, route_table.WRITES),
    (VPC, vswitch.WRITES),
    (
        VPC,
        {
            "TagResources": tagging.tag_resources(tagging.VPC_KINDS),
            "UnTagResources": tagging.untag_resources(tagging.VPC_KINDS),
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

"""Resource groups: a label on most resources, set by three services under three names; the groups are not simulated."""

from __future__ import annotations

from collections.abc import Callable

from provisioner.sandbox.actions.tagging import ECS_KINDS, ESS_KINDS, VPC_KINDS
from provisioner.sandbox.cloud import ActionError
from provisioner.sandbox.cloud.call import Answer, Call


def _mover(kinds: dict[str, str], group_parameter: str) -> Callable[[Call], Answer]:
    by_lower = {name.lower(): kind for name, kind in kinds.items()}

    def run(call: Call) -> Answer:
        kind = by_lower.get(call.params.required("ResourceType").lower())
        if kind is None:
            raise call.params.invalid("ResourceType")
        missing = ActionError(
            "InvalidResourceId.NotFound", "The specified ResourceId is not found in our records.", 404
        )
        resource = call.get(kind, call.params.required("ResourceId"), missing)
        resource.document["ResourceGroupId"] = call.params.required(group_parameter)
        call.tx.update(resource)
        return {}

    return run


move_resource_group = _mover(VPC_KINDS, "NewResourceGroupId")
"""MoveResourceGroup (Vpc)."""

join_resource_group = _mover(ECS_KINDS, "ResourceGroupId")
"""JoinResourceGroup (Ecs)."""

change_resource_group = _mover(ESS_KINDS, "NewResourceGroupId")
"""ChangeResourceGroup (Ess)."""

VPC_WRITES = {"MoveResourceGroup": move_resource_group}
ECS_WRITES = {"JoinResourceGroup": join_resource_group}
ESS_WRITES = {"ChangeResourceGroup": change_resource_group}

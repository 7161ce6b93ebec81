"""Actions on several instances at once, which report on each of them instead of failing; no action of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from provisioner.sandbox.actions.ecs.instance import get_instance, save_instance
from provisioner.sandbox.cloud import ActionError
from provisioner.sandbox.cloud.call import Answer, Call
from provisioner.sandbox.cloud.resource import Resource


def change_each(call: Call, change: Callable[[Resource], None], container: str, element: str) -> Answer:
    """Change the instances in `InstanceIds`; one that is refused stays as it is, and the others are changed."""
    ids = call.params.json_texts("InstanceIds")
    if not ids:
        raise ActionError(
            "MissingParameter",
            'The input parameter "InstanceIds" that is mandatory for processing this request is not supplied.',
        )
    results = [_change(call, change, id) for id in ids]
    failed = sum(1 for result in results if result["Success"] == "false")
    return {"TotalCount": len(results), "FailCount": failed, container: {element: results}}


def _change(call: Call, change: Callable[[Resource], None], id: str) -> dict[str, Any]:
    try:
        instance = get_instance(call, id)
        change(instance)
    except ActionError as error:
        return {"InstanceId": id, "Success": "false", "Code": error.code, "Message": error.message}
    save_instance(call, instance)
    return {"InstanceId": id, "Success": "true", "Code": "200", "Message": "successful"}

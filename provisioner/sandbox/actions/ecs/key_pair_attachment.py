"""Which instances a key pair opens (Ecs 2014-05-26); it takes effect when they start again."""

from __future__ import annotations

from provisioner.sandbox.actions.ecs.instance import SETTLED, check_instance_status
from provisioner.sandbox.actions.ecs.instance_batch import change_each
from provisioner.sandbox.cloud import ActionError
from provisioner.sandbox.cloud.call import Answer, Call
from provisioner.sandbox.cloud.resource import Resource


def attach_key_pair(call: Call) -> Answer:
    """Give instances a key pair in place of the one they have."""
    name = _existing_name(call)

    def attach(instance: Resource) -> None:
        check_instance_status(call, instance, *SETTLED)
        instance.document["KeyPairName"] = name

    return {**change_each(call, attach, "Results", "Result"), "KeyPairName": name}


def detach_key_pair(call: Call) -> Answer:
    """Take a key pair from instances that have it."""
    name = _existing_name(call)

    def detach(instance: Resource) -> None:
        if instance.document.get("KeyPairName") != name:
            raise ActionError("InvalidKeyPairName.NotFound", "The instance does not have the specified KeyPairName.")
        del instance.document["KeyPairName"]

    return {**change_each(call, detach, "Results", "Result"), "KeyPairName": name}


def _existing_name(call: Call) -> str:
    name = call.params.required("KeyPairName")
    missing = ActionError(
        "InvalidKeyPairName.NotFound", "The specified KeyPairName does not exist in our records.", 404
    )
    return call.get("key_pair", name, missing).name


WRITES = {"AttachKeyPair": attach_key_pair, "DetachKeyPair": detach_key_pair}

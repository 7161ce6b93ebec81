"""Instances go on and off (Ecs 2014-05-26)."""

from __future__ import annotations

from provisioner.sandbox.actions.ecs.instance import check_instance_status, get_instance
from provisioner.sandbox.cloud.call import Answer, Call


def start_instance(call: Call) -> Answer:
    """Start a stopped instance: it is `Starting`, then `Running`."""
    return _pass(call, "Stopped", "Starting", "Running")


def stop_instance(call: Call) -> Answer:
    """Stop a running instance: it is `Stopping`, then `Stopped`, in the `StoppedMode` that was asked for."""
    if call.params.text("StoppedMode") not in ("", "KeepCharging", "StopCharging", "Not-applicable"):
        raise call.params.invalid("StoppedMode")
    answer = _pass(call, "Running", "Stopping", "Stopped")
    instance = get_instance(call)
    is_free = call.params.text("StoppedMode") == "StopCharging"
    instance.document["StoppedMode"] = "StopCharging" if is_free else "KeepCharging"
    call.tx.update(instance)
    return answer


def reboot_instance(call: Call) -> Answer:
    """Reboot a running instance: it is `Starting`, then `Running`."""
    return _pass(call, "Running", "Starting", "Running")


def _pass(call: Call, needed: str, transitional: str, settled: str) -> Answer:
    instance = get_instance(call)
    check_instance_status(call, instance, needed)
    call.change_state(instance, transitional, settled)
    return {}


WRITES = {"StartInstance": start_instance, "StopInstance": stop_instance, "RebootInstance": reboot_instance}

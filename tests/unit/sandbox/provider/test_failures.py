"""Errors that terraform sees and state that it keeps when the cloud refuses, and which calls are repeated."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from provisioner.errors import CloudError
from provisioner.runner.diagnostics import diagnostic_error
from provisioner.sandbox.cloud.faults import Fault
from provisioner.sandbox.provider.calls import Patience
from provisioner.sandbox.sandbox import open_cloud
from tests.unit.sandbox.provider.terraform_side import USER_DATA, RefusedError, Shoot, Terraform, WatchedCloud, refusal


def test_a_refusal_reads_like_the_real_providers(shoot: Shoot, terraform: Terraform) -> None:
    _type, values, _state = shoot.parts["vswitch"]
    with pytest.raises(RefusedError) as caught:
        terraform.create("alicloud_vswitch", **{**values, "cidr_block": "10.250.0.0/20"})
    lines = caught.value.summary.splitlines()
    assert lines[0] == (
        "\x1b[31m[ERROR]\x1b[0m terraform-provider-alicloud/alicloud/resource_alicloud_vswitch.go:1: "
        "Resource alicloud_vswitch CreateVSwitch Failed!!! [SDK alibaba-cloud-sdk-go ERROR]:"
    )
    assert lines[1:4] == ["SDKError:", "   StatusCode: 400", "   Code: InvalidCidrBlock.Overlapped"]
    assert lines[4].startswith("   Message: code: 400, ")
    assert json.loads(lines[5].removeprefix("   Data: "))["Code"] == "InvalidCidrBlock.Overlapped"
    assert caught.value.state is None


def test_a_refusal_of_the_typed_client_names_code_and_request(
    shoot: Shoot, terraform: Terraform, watched: WatchedCloud
) -> None:
    type_name, _values, state = shoot.parts["pool"]
    watched.refusals["DeleteScalingGroup"] = [refusal("Forbidden.RAM", status=403)]
    with pytest.raises(RefusedError) as caught:
        terraform.destroy(type_name, state)
    assert "SDK.ServerError\nErrorCode: Forbidden.RAM\nRecommend: \nRequestId: REQ-1\n" in caught.value.summary
    assert caught.value.state == state


def test_an_object_that_could_not_be_tagged_is_not_lost(
    shoot: Shoot, terraform: Terraform, watched: WatchedCloud
) -> None:
    _type, values, _state = shoot.parts["vswitch"]
    watched.refusals["TagResources"] = [refusal("Forbidden.RAM", status=403)]
    with pytest.raises(RefusedError) as caught:
        terraform.create("alicloud_vswitch", **{**values, "cidr_block": "10.250.32.0/19"})
    state = caught.value.state
    # In its update step the SDK notes nothing but sets and maps: `d.Partial(true)`.
    assert (state["cidr_block"], state["tags"]) == (None, values["tags"])
    assert terraform.read("alicloud_vswitch", state)["cidr_block"] == "10.250.32.0/19"
    terraform.destroy("alicloud_vswitch", state)


def test_a_failed_update_keeps_the_prior_state(shoot: Shoot, terraform: Terraform, watched: WatchedCloud) -> None:
    type_name, values, state = shoot.parts["pool"]
    watched.refusals["ModifyScalingGroup"] = [refusal("InvalidParameter")]
    with pytest.raises(RefusedError) as caught:
        terraform.update(type_name, state, **{**values, "max_size": 3})
    assert caught.value.state == state


def test_a_failed_update_takes_sets_and_unknown_tags_for_done(
    shoot: Shoot, terraform: Terraform, watched: WatchedCloud
) -> None:
    """So does the SDK of the real provider: it takes them from the plan, whatever was sent."""
    type_name, values, state = shoot.parts["pool"]
    watched.refusals["TagResources"] = [refusal("Forbidden.RAM", status=403)]
    change = {**values, "tags": {"a": "b"}, "vswitch_ids": [*values["vswitch_ids"], "vsw-other"], "max_size": 3}
    with pytest.raises(RefusedError) as caught:
        terraform.update(type_name, {**state, "tags": None}, **change)
    assert caught.value.state == {**state, "tags": {"a": "b"}, "vswitch_ids": change["vswitch_ids"]}


def test_a_failed_update_keeps_known_tags(shoot: Shoot, terraform: Terraform, watched: WatchedCloud) -> None:
    type_name, values, state = shoot.parts["pool"]
    watched.refusals["TagResources"] = [refusal("Forbidden.RAM", status=403)]
    with pytest.raises(RefusedError) as caught:
        terraform.update(type_name, {**state, "tags": {"a": "c"}}, **{**values, "tags": {"a": "b"}})
    assert caught.value.state["tags"] == {"a": "c"}


def test_a_failed_update_of_a_snat_entry_takes_everything_for_done(
    shoot: Shoot, terraform: Terraform, watched: WatchedCloud
) -> None:
    """The real provider does not put the SDK into partial mode there."""
    type_name, values, state = shoot.parts["snat"]
    watched.refusals["ModifySnatEntry"] = [refusal("Forbidden.RAM", status=403)]
    with pytest.raises(RefusedError) as caught:
        terraform.update(type_name, state, **{**values, "snat_entry_name": "other"})
    assert caught.value.state["snat_entry_name"] == "other"


def test_a_refusal_for_now_is_repeated(terraform: Terraform, watched: WatchedCloud) -> None:
    watched.refusals["CreateVpc"] = [refusal("TaskConflict"), refusal("Throttling.User")]
    terraform.create("alicloud_vpc", cidr_block="10.0.0.0/16")
    assert [action for action, _params in watched.calls].count("CreateVpc") == 3


def test_a_repeated_create_of_a_vpc_carries_the_same_token(terraform: Terraform, watched: WatchedCloud) -> None:
    watched.refusals["CreateVpc"] = [refusal("TaskConflict")]
    terraform.create("alicloud_vpc", cidr_block="10.0.0.0/16")
    assert len({params["ClientToken"] for action, params in watched.calls if action == "CreateVpc"}) == 1


def test_a_repeated_create_of_a_vswitch_carries_another_token(
    shoot: Shoot, terraform: Terraform, watched: WatchedCloud
) -> None:
    """So does the real provider: when only the answer was lost, a second vSwitch is attempted."""
    type_name, values, _state = shoot.parts["vswitch"]
    watched.refusals["CreateVSwitch"] = [refusal("TaskConflict")]
    terraform.create(type_name, **{**values, "cidr_block": "10.250.64.0/19"})
    assert len({params["ClientToken"] for action, params in watched.calls if action == "CreateVSwitch"}) == 2


def test_a_group_in_use_is_deleted_once_it_is_free(shoot: Shoot, terraform: Terraform, watched: WatchedCloud) -> None:
    type_name, _values, state = shoot.parts["group"]
    watched.refusals["DeleteSecurityGroup"] = [refusal("DependencyViolation")] * 3
    terraform.destroy("alicloud_ess_scaling_configuration", shoot.parts["configuration"][2])
    terraform.destroy(type_name, state)
    assert [action for action, _params in watched.calls].count("DeleteSecurityGroup") == 4
    assert terraform.read(type_name, state) is None


def test_a_repeated_refusal_is_given_up_after_the_operations_timeout(
    terraform: Terraform, watched: WatchedCloud
) -> None:
    watched.refusals["CreateVpc"] = [refusal("TaskConflict")] * 1000
    timeouts = {"create": "50ms", "update": None, "delete": None}
    started = time.monotonic()
    with pytest.raises(RefusedError, match="TaskConflict"):
        terraform.create("alicloud_vpc", cidr_block="10.0.0.0/16", timeouts=timeouts)
    assert time.monotonic() - started < 5


def test_refusals_are_repeated_for_longer_than_anything_settles(tmp_path: Path) -> None:
    for settle_ms, least_seconds in ((5, Patience.repeat_seconds), (8000, 16)):
        cloud = open_cloud(tmp_path, settle_ms=settle_ms)
        assert Patience.for_cloud(cloud).repeat_seconds == least_seconds
        cloud.close()


def judged(shown: RefusedError) -> tuple[tuple[str, ...], bool]:
    """Return Gardener's codes of what terraform was shown, and whether the run can be repeated."""
    error = diagnostic_error({"summary": shown.summary, "detail": shown.detail})
    assert isinstance(error, CloudError)
    return error.codes, error.is_retryable


def test_a_wait_that_takes_too_long_ends_in_the_real_providers_code(
    terraform: Terraform, watched: WatchedCloud
) -> None:
    """The code of the real provider's message, in tests/contract/data/provider_errors.json."""
    watched.cloud.faults.add(Fault("CreateVpc", "slow-state", delay_ms=5_000))
    timeouts = {"create": "50ms", "update": None, "delete": None}
    with pytest.raises(RefusedError, match="timeout while waiting for state to become") as caught:
        terraform.create("alicloud_vpc", cidr_block="10.0.0.0/16", timeouts=timeouts)
    assert judged(caught.value) == (("ERR_INFRA_DEPENDENCIES",), True)


def test_what_cannot_be_read_yet_ends_in_the_real_providers_code(
    shoot: Shoot, terraform: Terraform, watched: WatchedCloud
) -> None:
    """The code of the real provider's message, in tests/contract/data/provider_errors.json."""
    watched.cloud.faults.add(Fault("CreateSecurityGroup", "invisible", delay_ms=5_000))
    vpc_id = shoot.parts["vpc"][2]["id"]
    with pytest.raises(RefusedError, match="ResourceNotfound") as caught:
        terraform.create("alicloud_security_group", security_group_name="group", vpc_id=vpc_id)
    assert judged(caught.value) == (("ERR_RETRYABLE_INFRA_DEPENDENCIES",), True)


def test_user_data_is_in_no_message(shoot: Shoot, terraform: Terraform, watched: WatchedCloud) -> None:
    type_name, values, state = shoot.parts["configuration"]
    watched.refusals["ModifyScalingConfiguration"] = [refusal("InvalidUserData", f"cannot use {USER_DATA}9")]
    with pytest.raises(RefusedError) as caught:
        terraform.update(type_name, state, **{**values, "instance_name": "D"})
    assert "cannot use (sensitive value)9" in caught.value.summary
    assert USER_DATA not in caught.value.summary + caught.value.detail


@pytest.mark.parametrize("operation", ["create", "read", "update", "destroy"])
def test_a_fault_of_our_own_names_the_type_and_shows_no_traceback(
    terraform: Terraform, watched: WatchedCloud, operation: str
) -> None:
    vpc = terraform.create("alicloud_vpc", cidr_block="10.0.0.0/16")
    actions = {"create": "CreateVpc", "read": "DescribeVpcAttribute", "update": "ModifyVpcAttribute"}
    watched.refusals[actions.get(operation, "DeleteVpc")] = [RuntimeError(f"boom {USER_DATA}")]
    steps: dict[str, Callable[[], Any]] = {
        "create": lambda: terraform.create("alicloud_vpc", cidr_block="10.0.0.0/16"),
        "read": lambda: terraform.read("alicloud_vpc", vpc),
        "update": lambda: terraform.update("alicloud_vpc", vpc, cidr_block="10.0.0.0/16", description="d"),
        "destroy": lambda: terraform.destroy("alicloud_vpc", vpc),
    }
    with pytest.raises(RefusedError) as caught:
        steps[operation]()
    assert caught.value.summary == "alicloud_vpc: unexpected error in the sandbox provider"
    assert caught.value.detail.startswith("RuntimeError in ")
    assert "\n" not in caught.value.detail


def test_nothing_is_printed(shoot: Shoot, capfd: pytest.CaptureFixture[str]) -> None:
    shoot.destroy()
    assert capfd.readouterr() == ("", "")

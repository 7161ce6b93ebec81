"""The stop: at one call of many everything stands still, and goes on when the marker goes."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from provisioner.sandbox.cloud import Caller, Cloud
from provisioner.sandbox.cloud.stop import Stop, StopPoint
from provisioner.sandbox.sandbox import open_cloud

VPC = "2016-04-28"
KEY = ("LTAItest", "secret")
Begin = Callable[..., threading.Thread]


def stopping_cloud(folder: Path, **stop: object) -> tuple[Cloud, Caller]:
    """Open a cloud that stops where `stop` says."""
    file = folder / "stop.json"
    file.write_text(json.dumps({"marker": str(folder / "marker"), **stop}))
    cloud = open_cloud(folder / "cloud", settle_ms=0, environment={"PROVISION_SANDBOX_STOP": str(file)})
    return cloud, cloud.enroll(*KEY)


def begin(cloud: Cloud, caller: Caller, action: str, **parameters: str) -> threading.Thread:
    """Make a call that may be held, in a thread of its own."""
    given = {"RegionId": "eu-central-1", **parameters}
    thread = threading.Thread(target=cloud.call, args=(caller, VPC, action, given), daemon=True)
    thread.start()
    return thread


def wait_for(marker: Path) -> None:
    until = time.monotonic() + 20
    while not marker.exists():
        assert time.monotonic() < until, "nothing stopped"
        time.sleep(0.005)


@pytest.mark.parametrize(("when", "vpcs"), [("before", 0), ("after", 1)])
def test_call_is_held_before_or_after_it_took_effect(tmp_path, when, vpcs):
    cloud, caller = stopping_cloud(tmp_path, action="CreateVpc", when=when)
    call = begin(cloud, caller, "CreateVpc", CidrBlock="10.0.0.0/8")
    wait_for(tmp_path / "marker")
    assert (cloud.counts().get("vpc", 0), call.is_alive()) == (vpcs, True)
    (tmp_path / "marker").unlink()
    call.join()
    cloud.close()


def test_other_calls_are_held_until_the_marker_goes(tmp_path):
    cloud, caller = stopping_cloud(tmp_path, action="CreateVpc", when="after", match={"VpcName": "^second$"})
    begin(cloud, caller, "CreateVpc", CidrBlock="10.0.0.0/8", VpcName="first").join()
    calls = [begin(cloud, caller, "CreateVpc", CidrBlock="10.0.0.0/8", VpcName="second")]
    wait_for(tmp_path / "marker")
    calls.append(begin(cloud, caller, "CreateVpc", CidrBlock="10.0.0.0/8", VpcName="third"))
    calls[-1].join(0.1)
    assert cloud.counts() == {"vpc": 2}
    (tmp_path / "marker").unlink()
    for call in calls:
        call.join()
    assert cloud.counts() == {"vpc": 3}
    cloud.close()


def test_occurrence_counts_calls_that_match(tmp_path):
    cloud, caller = stopping_cloud(tmp_path, action="CreateVpc", when="before", match={"VpcName": "^x"}, occurrence=2)
    for name in ("x1", "y1", "y2"):
        begin(cloud, caller, "CreateVpc", CidrBlock="10.0.0.0/8", VpcName=name).join()
    call = begin(cloud, caller, "CreateVpc", CidrBlock="10.0.0.0/8", VpcName="x2")
    wait_for(tmp_path / "marker")
    (tmp_path / "marker").unlink()
    call.join()
    assert cloud.counts() == {"vpc": 4}
    cloud.close()


@pytest.mark.parametrize(("key", "value"), [("Tag.2.Value", "vpc"), ("Tag.1.Value", "vpc")])
def test_star_in_a_parameters_name_is_any_number(tmp_path, key, value):
    point = StopPoint("TagResources", "before", tmp_path, {"Tag.*.Value": "^vpc$"})
    assert point.matches("TagResources", {"Tag.9.Value": "other", key: value})


def test_parameter_that_is_missing_is_empty(tmp_path):
    point = StopPoint("ModifyScalingGroup", "before", tmp_path, {"ScalingGroupName": "^$", "Tag.*.Value": "^$"})
    assert point.matches("ModifyScalingGroup", {"ScalingGroupId": "asg-1"})


def test_marker_is_written_when_calls_under_way_are_done(tmp_path):
    stop = Stop(StopPoint("b", "before", tmp_path / "marker"))
    stop.before("a", {})
    held = threading.Thread(target=stop.before, args=("b", {}), daemon=True)
    held.start()
    held.join(0.1)
    assert not (tmp_path / "marker").exists()
    threading.Thread(target=stop.after, args=("a", {}), kwargs={"changes": False}, daemon=True).start()
    wait_for(tmp_path / "marker")
    (tmp_path / "marker").unlink()
    held.join()


def test_record_has_the_calls_that_changed_something(tmp_path):
    cloud, caller = stopping_cloud(tmp_path, record=str(tmp_path / "record"))
    begin(cloud, caller, "CreateVpc", CidrBlock="10.0.0.0/8").join()
    begin(cloud, caller, "DescribeVpcs").join()
    cloud.close()
    assert [json.loads(line)["action"] for line in (tmp_path / "record").read_text().splitlines()] == ["CreateVpc"]


@pytest.mark.parametrize("text", ["", "[]", '{"action": "CreateVpc"}', '{"marker": "x", "where": "y"}'])
def test_file_that_does_not_say_where_to_stop_is_refused(tmp_path, text):
    file = tmp_path / "stop.json"
    file.write_text(text)
    with pytest.raises(ValueError, match="PROVISION_SANDBOX_STOP"):
        Stop.from_environment({"PROVISION_SANDBOX_STOP": str(file)})

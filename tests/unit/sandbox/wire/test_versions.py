"""Ess 2022-02-22 on top of the actions of 2014-08-28."""

from __future__ import annotations

import pytest

from provisioner.sandbox.wire.versions import from_actions, to_actions

NEWER, OLDER = "2022-02-22", "2014-08-28"


@pytest.mark.parametrize(
    ("newer", "older"),
    [
        ("ScalingGroupIds.1", "ScalingGroupId.1"),
        ("DataDisks.2.Category", "DataDisk.2.Category"),
        ("Tags.1.Key", "Tag.1.Key"),
        ("Tags", "Tags"),
        ("VSwitchIds.1", "VSwitchIds.1"),
        ("InstanceTypes.1", "InstanceTypes.1"),
        ("SystemDisk.Size", "SystemDisk.Size"),
        ("ScalingGroupId", "ScalingGroupId"),
    ],
)
def test_lists_in_requests_get_their_older_names(newer: str, older: str) -> None:
    assert to_actions(NEWER, {newer: "v"}) == (OLDER, {older: "v"})


def test_lists_in_answers_are_plain() -> None:
    group = {"VSwitchIds": {"VSwitchId": ["vsw-1"]}, "Tags": {"Tag": [{"Key": "a", "Value": "b"}]}, "MinSize": 1}
    answer = from_actions(NEWER, {"RequestId": "R", "ScalingGroups": {"ScalingGroup": [group]}})
    shown = {"VSwitchIds": ["vsw-1"], "Tags": [{"Key": "a", "Value": "b"}], "MinSize": 1}
    assert answer == {"RequestId": "R", "ScalingGroups": [shown]}


def test_names_in_answers_have_no_dots() -> None:
    configuration = {
        "SystemDisk.Encrypted": True,
        "ImageOptions.LoginAsNonRoot": False,
        "SpotPriceLimit": {"SpotPriceModel": []},
        "SchedulerOptions": {},
    }
    assert from_actions(NEWER, {"Configuration": configuration})["Configuration"] == {
        "SystemDiskEncrypted": True,
        "ImageOptionsLoginAsNonRoot": False,
        "SpotPriceLimits": [],
        "SchedulerOptions": {},
    }


def test_other_versions_pass_as_they_are() -> None:
    parameters, answer = {"Tags.1.Key": "v"}, {"Vpcs": {"Vpc": []}}
    assert to_actions("2016-04-28", parameters) == ("2016-04-28", parameters)
    assert from_actions("2016-04-28", answer) is answer

"""Scaling rules: what each type needs, and what a simple one does to a group."""

from __future__ import annotations

from typing import Any

import pytest

SIMPLE = {"AdjustmentType": "QuantityChangeInCapacity", "AdjustmentValue": 1}
TRACKING = {"ScalingRuleType": "TargetTrackingScalingRule", "MetricName": "CpuUtilization", "TargetValue": 12.5}
STEP = {
    "ScalingRuleType": "StepScalingRule",
    "AdjustmentType": "QuantityChangeInCapacity",
    "StepAdjustment__1__MetricIntervalLowerBound": 0,
    "StepAdjustment__1__ScalingAdjustment": 1,
}
PREDICTIVE = {
    "ScalingRuleType": "PredictiveScalingRule",
    "MetricName": "CpuUtilization",
    "TargetValue": 40,
    "PredictiveScalingMode": "PredictOnly",
    "InitialMaxSize": 3,
}


@pytest.fixture
def group_id(account: Any) -> str:
    return str(account.a_scaling_group(account.a_vswitch(account.a_vpc()), MinSize=1, MaxSize=5))


def create(account: Any, group_id: str, **parameters: object) -> dict[str, Any]:
    return dict(account.ess("CreateScalingRule", ScalingGroupId=group_id, **{**SIMPLE, **parameters}))


def shown(account: Any, **filters: object) -> list[dict[str, Any]]:
    return list(account.ess("DescribeScalingRules", **filters)["ScalingRules"]["ScalingRule"])


def test_a_simple_rule_shows_what_was_sent_and_nothing_else(account: Any, group_id: str) -> None:
    made = create(account, group_id, ScalingRuleName="one-more", Cooldown=60)
    assert shown(account, ScalingRuleId__1=made["ScalingRuleId"]) == [
        {
            "ScalingRuleId": made["ScalingRuleId"],
            "ScalingRuleAri": made["ScalingRuleAri"],
            "ScalingRuleName": "one-more",
            "ScalingRuleType": "SimpleScalingRule",
            "ScalingGroupId": group_id,
            "MinSize": 1,
            "MaxSize": 5,
            "Cooldown": 60,
            "AdjustmentType": "QuantityChangeInCapacity",
            "AdjustmentValue": 1,
            "StepAdjustments": {"StepAdjustment": []},
            "Alarms": {"Alarm": []},
            "AlarmDimensions": {"AlarmDimension": []},
        }
    ]


def test_a_rule_has_an_ari_of_its_account_and_region(account: Any, group_id: str) -> None:
    made = create(account, group_id)
    wanted = f"ari:acs:ess:eu-central-1:{account.caller.account_id}:scalingrule/{made['ScalingRuleId']}"
    assert (made["ScalingRuleAri"], made["ScalingRuleId"][:4]) == (wanted, "asr-")


@pytest.mark.parametrize(
    ("parameters", "key", "value"),
    [
        (TRACKING, "TargetValue", 12.5),
        ({**TRACKING, "DisableScaleIn": "true"}, "DisableScaleIn", True),
        (
            STEP,
            "StepAdjustments",
            {"StepAdjustment": [{"MetricIntervalLowerBound": 0.0, "ScalingAdjustment": 1}]},
        ),
        (PREDICTIVE, "PredictiveScalingMode", "PredictOnly"),
    ],
)
def test_a_rule_of_another_type_shows_its_own_values(
    account: Any, group_id: str, *, parameters: dict[str, object], key: str, value: object
) -> None:
    account.ess("CreateScalingRule", ScalingGroupId=group_id, **parameters)
    (rule,) = shown(account, ScalingGroupId=group_id)
    assert (rule[key], rule["ScalingRuleType"]) == (value, parameters["ScalingRuleType"])


@pytest.mark.parametrize(
    ("parameters", "code", "status"),
    [
        ({**SIMPLE, "ScalingGroupId": "asg-missing"}, "InvalidScalingGroupId.NotFound", 404),
        ({}, "MissingAdjustmentType", 400),
        ({"AdjustmentType": "TotalCapacity"}, "MissingAdjustmentValue", 400),
        ({"AdjustmentType": "TotalCapacity", "AdjustmentValue": -1}, "InvalidParameter", 400),
        ({**SIMPLE, "AdjustmentType": "Sideways"}, "InvalidParameter", 400),
        ({**SIMPLE, "Cooldown": 86401}, "InvalidParameter", 400),
        ({**SIMPLE, "ScalingRuleType": "Other"}, "InvalidParameter", 400),
        ({**SIMPLE, "ScalingRuleName": "-x"}, "InvalidParameter", 400),
        ({**SIMPLE, "MinAdjustmentMagnitude": 2}, "InvalidMinAdjustmentMagnitudeMismatchAdjustmentType", 400),
        ({**TRACKING, "MetricName": ""}, "MissingMetricName", 400),
        ({**TRACKING, "TargetValue": ""}, "MissingTargetValue", 400),
        ({**TRACKING, "TargetValue": 0}, "InvalidParameter", 400),
        ({**TRACKING, "TargetValue": 0.0001}, "InvalidParameter", 400),
        ({**TRACKING, "TargetValue": "nan"}, "StepBeyondPermitRange", 400),
        ({**TRACKING, "MetricName": "Mood"}, "TargetTrackingScalingRule.UnsupportedMetric", 400),
        ({**PREDICTIVE, "PredictiveScalingMode": "Guess"}, "InvalidParameter", 400),
        (
            {**STEP, "StepAdjustment__1__MetricIntervalUpperBound": 1},
            "InvalidStepAdjustments.NoNullUpperBound",
            400,
        ),
        ({**STEP, "StepAdjustment__1__MetricIntervalLowerBound": ""}, "InvalidStepAdjustments.BothNull", 400),
        (
            {**STEP, "StepAdjustment__1__MetricIntervalUpperBound": -1},
            "InvalidStepAdjustments.LowerGtUpper",
            400,
        ),
        (
            {
                **STEP,
                "StepAdjustment__2__MetricIntervalLowerBound": 5,
                "StepAdjustment__2__ScalingAdjustment": 2,
            },
            "InvalidStepAdjustments.MultipleNullUpperBound",
            400,
        ),
        (
            {
                **STEP,
                "StepAdjustment__1__MetricIntervalUpperBound": 4,
                "StepAdjustment__2__MetricIntervalLowerBound": 5,
                "StepAdjustment__2__ScalingAdjustment": 2,
            },
            "InvalidStepAdjustments.Gap",
            400,
        ),
        (
            {
                **STEP,
                "StepAdjustment__1__MetricIntervalUpperBound": 6,
                "StepAdjustment__2__MetricIntervalLowerBound": 5,
                "StepAdjustment__2__ScalingAdjustment": 2,
            },
            "InvalidStepAdjustments.Overlap",
            400,
        ),
    ],
)
def test_a_wrong_rule_is_refused(
    account: Any, group_id: str, refused: Any, *, parameters: dict[str, object], code: str, status: int
) -> None:
    error = refused(account.ess, "CreateScalingRule", **{"ScalingGroupId": group_id, **parameters})
    assert (error.code, error.http_status) == (code, status)


def test_a_name_is_unique_in_its_group(account: Any, group_id: str, refused: Any) -> None:
    create(account, group_id, ScalingRuleName="same")
    error = refused(create, account, group_id, ScalingRuleName="same")
    assert (error.code, error.http_status) == ("InvalidScalingRuleName.Duplicate", 400)


def test_a_metric_is_tracked_once_in_a_group(account: Any, group_id: str, refused: Any) -> None:
    account.ess("CreateScalingRule", ScalingGroupId=group_id, **TRACKING)
    error = refused(account.ess, "CreateScalingRule", ScalingGroupId=group_id, **TRACKING)
    assert error.code == "TargetTrackingScalingRule.DumplicateMetric"


def test_a_group_has_no_more_rules_than_its_quota(account: Any, group_id: str, refused: Any) -> None:
    account.cloud.set_quota("scaling_rule", 1)
    create(account, group_id)
    assert refused(create, account, group_id).code == "QuotaExceeded.ScalingRule"


def test_a_rule_is_changed_where_something_was_sent(account: Any, group_id: str) -> None:
    rule_id = create(account, group_id, Cooldown=60)["ScalingRuleId"]
    account.ess("ModifyScalingRule", ScalingRuleId=rule_id, AdjustmentValue=3)
    (rule,) = shown(account, ScalingRuleId__1=rule_id)
    assert (rule["AdjustmentValue"], rule["Cooldown"], rule["ScalingRuleName"]) == (3, 60, rule_id)


def test_rules_are_found_by_group_name_ari_and_type(account: Any, group_id: str) -> None:
    first = create(account, group_id, ScalingRuleName="first")
    account.ess("CreateScalingRule", ScalingGroupId=group_id, **TRACKING)
    filters: list[dict[str, object]] = [
        {"ScalingGroupId": group_id},
        {"ScalingGroupId": "asg-other"},
        {"ScalingRuleName__1": "first"},
        {"ScalingRuleAri__1": first["ScalingRuleAri"]},
        {"ScalingRuleType": "TargetTrackingScalingRule"},
    ]
    assert [len(shown(account, **one)) for one in filters] == [2, 0, 1, 1, 1]


def test_a_deleted_rule_is_gone(account: Any, group_id: str, refused: Any) -> None:
    rule_id = create(account, group_id)["ScalingRuleId"]
    account.ess("DeleteScalingRule", ScalingRuleId=rule_id)
    error = refused(account.ess, "DeleteScalingRule", ScalingRuleId=rule_id)
    assert (error.code, error.http_status, shown(account)) == ("InvalidScalingRuleId.NotFound", 404, [])


def test_a_deleted_group_takes_its_rules_with_it(account: Any, group_id: str, refused: Any) -> None:
    """The provider destroys both at once, and takes no other code of the rule for gone."""
    rule_id = create(account, group_id)["ScalingRuleId"]
    account.ess("DeleteScalingGroup", ScalingGroupId=group_id, ForceDelete="true")
    error = refused(account.ess, "DeleteScalingRule", ScalingRuleId=rule_id)
    assert (error.code, shown(account, ScalingRuleId__1=rule_id)) == ("InvalidScalingRuleId.NotFound", [])


def test_rules_are_counted(account: Any, group_id: str) -> None:
    create(account, group_id)
    assert account.cloud.counts()["scaling_rule"] == 1


@pytest.fixture
def enabled(account: Any) -> str:
    """Return the id of an enabled group of two between 1 and 5."""
    return str(account.an_enabled_group(MinSize=1, MaxSize=5, DesiredCapacity=2))


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({"AdjustmentValue": 2}, 4),
        ({"AdjustmentValue": -1}, 1),
        ({"AdjustmentValue": 100}, 5),
        ({"AdjustmentType": "TotalCapacity", "AdjustmentValue": 3}, 3),
        ({"AdjustmentType": "PercentChangeInCapacity", "AdjustmentValue": 50}, 3),
        ({"AdjustmentType": "PercentChangeInCapacity", "AdjustmentValue": 10, "MinAdjustmentMagnitude": 3}, 5),
    ],
)
def test_an_executed_rule_changes_the_size_within_the_limits(
    account: Any, enabled: str, *, parameters: dict[str, object], expected: int
) -> None:
    ari = create(account, enabled, **parameters)["ScalingRuleAri"]
    account.ess("ExecuteScalingRule", ScalingRuleAri=ari)
    account.settle()
    assert account.size(enabled) == (expected, expected)


def test_one_activity_at_a_time(account: Any, enabled: str, refused: Any) -> None:
    ari = create(account, enabled)["ScalingRuleAri"]
    account.ess("ExecuteScalingRule", ScalingRuleAri=ari)
    assert refused(account.ess, "ExecuteScalingRule", ScalingRuleAri=ari).code == "ScalingActivityInProgress"


def test_only_simple_rules_of_enabled_groups_are_executed(
    account: Any, enabled: str, group_id_2: str, refused: Any
) -> None:
    tracking = account.ess("CreateScalingRule", ScalingGroupId=enabled, **TRACKING)["ScalingRuleAri"]
    idle = create(account, group_id_2)["ScalingRuleAri"]
    codes = [refused(account.ess, "ExecuteScalingRule", ScalingRuleAri=ari).code for ari in (tracking, idle, idle[:-1])]
    assert codes == ["InvalidParameter", "IncorrectScalingGroupStatus", "InvalidScalingRuleId.NotFound"]


@pytest.fixture
def group_id_2(account: Any) -> str:
    """Return the id of a group that is not enabled."""
    return str(account.a_scaling_group(account.a_vswitch(account.a_vpc("192.168.0.0/16"), "192.168.0.0/24"), "idle"))

"""
What a scaling rule of each type needs, and what Auto Scaling refuses in it.

Source: CreateScalingRule and ModifyScalingRule of the Auto Scaling API reference, read 2026-11.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from provisioner.sandbox.actions.ess.scaling_parameters import invalid_parameter
from provisioner.sandbox.cloud import ActionError
from provisioner.sandbox.cloud.call import Call
from provisioner.sandbox.cloud.parameters import Parameters
from provisioner.sandbox.cloud.resource import Resource

_ADJUSTMENTS = {
    "QuantityChangeInCapacity": (-1000, 1000),
    "PercentChangeInCapacity": (-100, 10000),
    "TotalCapacity": (0, 2000),
}
_METRICS = {
    "TargetTrackingScalingRule": (
        "CpuUtilization",
        "ClassicInternetRx",
        "ClassicInternetTx",
        "VpcInternetRx",
        "VpcInternetTx",
        "IntranetRx",
        "IntranetTx",
        "MemoryUtilization",
        "LoadBalancerRealServerAverageQps",
    ),
    "PredictiveScalingRule": ("CpuUtilization", "IntranetRx", "IntranetTx"),
}
_INTEGERS = {
    "SimpleScalingRule": {"Cooldown": (0, 86400), "MinAdjustmentMagnitude": (1, 2000)},
    "StepScalingRule": {"EstimatedInstanceWarmup": (0, 86400), "MinAdjustmentMagnitude": (1, 2000)},
    "TargetTrackingScalingRule": {
        "EstimatedInstanceWarmup": (0, 86400),
        "ScaleInEvaluationCount": (1, 1000),
        "ScaleOutEvaluationCount": (1, 1000),
    },
    "PredictiveScalingRule": {
        "InitialMaxSize": (0, 2000),
        "PredictiveTaskBufferTime": (0, 60),
        "PredictiveValueBuffer": (0, 100),
    },
}
"""The effective parameters of each type of rule, with their limits; others are ignored, as documented."""
_CHOICES = {
    "PredictiveScalingMode": ("PredictAndScale", "PredictOnly"),
    "PredictiveValueBehavior": (
        "MaxOverridePredictiveValue",
        "PredictiveValueOverrideMax",
        "PredictiveValueOverrideMaxWithBuffer",
    ),
}
_MOST_STEPS = 20
_LARGEST_BOUND = 9.999999e18
_HYBRID = "hybrid"


def read_rule(call: Call, document: dict[str, Any], siblings: Sequence[Resource]) -> None:
    """Take over what was sent for a rule into its document, and refuse the result if it is no rule of its type."""
    params, type_, sent = call.params, document["ScalingRuleType"], document["Sent"]
    for name, (smallest, largest) in _INTEGERS[type_].items():
        value = params.integer(name)
        if value is None:
            continue
        if not smallest <= value <= largest:
            raise invalid_parameter(name)
        sent[name] = value
    if type_ in ("SimpleScalingRule", "StepScalingRule"):
        _read_adjustment(params, type_, sent)
    else:
        _read_metric(params, document, siblings)
    if type_ == "StepScalingRule":
        steps = _read_steps(params) or document.get("Steps", [])
        if not steps:
            params.required("StepAdjustment.1.ScalingAdjustment")
        document["Steps"] = steps
    if type_ == "PredictiveScalingRule":
        for name, choices in _CHOICES.items():
            if name in params and params.text(name) not in choices:
                raise invalid_parameter(name)
            sent.update(params.echo(name))


def _read_adjustment(params: Parameters, type_: str, sent: dict[str, Any]) -> None:
    sent.update(params.echo("AdjustmentType"))
    if "AdjustmentType" not in sent:
        params.required("AdjustmentType")
    if sent["AdjustmentType"] not in _ADJUSTMENTS:
        raise invalid_parameter("AdjustmentType")
    if "MinAdjustmentMagnitude" in params and sent["AdjustmentType"] != "PercentChangeInCapacity":
        raise ActionError(
            "InvalidMinAdjustmentMagnitudeMismatchAdjustmentType",
            "MinAdjustmentMagnitude is not supported by the specified adjustment type.",
        )
    if type_ != "SimpleScalingRule":
        return
    value = params.integer("AdjustmentValue")
    if value is None and "AdjustmentValue" not in sent:
        params.required("AdjustmentValue")
    value = sent["AdjustmentValue"] if value is None else value
    smallest, largest = _ADJUSTMENTS[sent["AdjustmentType"]]
    if not smallest <= value <= largest:
        raise invalid_parameter("AdjustmentValue")
    sent["AdjustmentValue"] = value


def _read_metric(params: Parameters, document: dict[str, Any], siblings: Sequence[Resource]) -> None:
    type_, sent = document["ScalingRuleType"], document["Sent"]
    sent.update(params.echo("MetricName", "MetricType", "HybridMonitorNamespace"))
    is_tracking = type_ == "TargetTrackingScalingRule"
    if is_tracking and sent.get("MetricType") == _HYBRID:
        document["HybridMetrics"] = [
            {
                **metric.echo("Id", "MetricName", "Statistic", "Expression"),
                "Dimensions": {
                    "Dimension": [one.echo("DimensionKey", "DimensionValue") for one in metric.structures("Dimensions")]
                },
            }
            for metric in params.structures("HybridMetrics")
        ] or document.get("HybridMetrics", [])
    else:
        _check_metric(params, document, siblings)
    if "TargetValue" in params:
        sent["TargetValue"] = _target(params)
    if "TargetValue" not in sent:
        params.required("TargetValue")
    disabled = params.boolean("DisableScaleIn")
    if is_tracking and disabled is not None:
        sent["DisableScaleIn"] = disabled
    dimensions = params.structures("AlarmDimension")
    if dimensions:
        document["AlarmDimensions"] = [one.echo("DimensionKey", "DimensionValue") for one in dimensions]


def _check_metric(params: Parameters, document: dict[str, Any], siblings: Sequence[Resource]) -> None:
    type_, sent = document["ScalingRuleType"], document["Sent"]
    if "MetricName" not in sent:
        params.required("MetricName")
    if sent["MetricName"] not in _METRICS[type_]:
        raise ActionError(
            "TargetTrackingScalingRule.UnsupportedMetric",
            "Specific metric is not supported for target tracking scaling rule.",
        )
    others = {one.document["Sent"].get("MetricName") for one in siblings if one.document["ScalingRuleType"] == type_}
    if type_ == "TargetTrackingScalingRule" and sent["MetricName"] in others:
        raise ActionError(
            "TargetTrackingScalingRule.DumplicateMetric",
            "Only one TargetTrackingScaling rule for a given metric specification is allowed.",
        )


def _target(params: Parameters) -> float:
    value = _number(params, "TargetValue")
    if value is None or value <= 0 or round(value, 3) != value:
        raise invalid_parameter("TargetValue")
    return value


def _read_steps(params: Parameters) -> list[dict[str, Any]]:
    """Return the step adjustments in the order in which they were sent; their intervals cover one range."""
    steps: list[dict[str, Any]] = []
    for number, step in enumerate(params.structures("StepAdjustment"), start=1):
        adjustment = step.integer("ScalingAdjustment")
        if adjustment is None:
            raise invalid_parameter(f"StepAdjustment.{number}.ScalingAdjustment")
        bounds = {
            name: value
            for name in ("MetricIntervalLowerBound", "MetricIntervalUpperBound")
            if (value := _number(step, name)) is not None
        }
        steps.append({**bounds, "ScalingAdjustment": adjustment})
    if len(steps) > _MOST_STEPS:
        raise _wrong_steps("MaxNum", f"Your scaling rule can have at most {_MOST_STEPS} StepAdjustments.")
    if steps:
        _check_intervals(steps)
    return steps


def _check_intervals(steps: list[dict[str, Any]]) -> None:
    endless = float("inf")
    intervals = [
        (step.get("MetricIntervalLowerBound", -endless), step.get("MetricIntervalUpperBound", endless))
        for step in steps
    ]
    lowest, highest = sorted(lower for lower, _ in intervals), sorted(upper for _, upper in intervals)
    if (-endless, endless) in intervals:
        raise _wrong_steps("BothNull", "Both lower and upper bounds of a StepAdjustment can not be left unspecified.")
    for lower, upper in intervals:
        if lower >= upper:
            raise _wrong_steps("LowerGtUpper", "LowerBound must be less than the UpperBound for StepAdjustment.")
    if lowest.count(-endless) > 1:
        raise _wrong_steps("MultipleNullLowerBound", "At most one StepAdjustment may have an unspecified lower bound.")
    if highest.count(endless) > 1:
        raise _wrong_steps("MultipleNullUpperBound", "At most one StepAdjustment may have an unspecified upper bound.")
    if -endless < lowest[0] < 0:
        raise _wrong_steps(
            "NoNullLowerBound",
            "There must be a StepAdjustment with an unspecified lower bound when one StepAdjustment has a negative "
            "lower bound.",
        )
    if 0 < highest[-1] < endless:
        raise _wrong_steps(
            "NoNullUpperBound",
            "There must be a StepAdjustment with an unspecified upper bound when one StepAdjustment has a positive "
            "upper bound.",
        )
    for (_, upper), (lower, _) in pairwise(sorted(intervals)):
        if upper > lower:
            raise _wrong_steps("Overlap", "StepAdjustment intervals can not overlap.")
        if upper < lower:
            raise _wrong_steps("Gap", "StepAdjustment intervals can not have gaps between them.")


def _wrong_steps(what: str, message: str) -> ActionError:
    return ActionError(f"InvalidStepAdjustments.{what}", message)


def _number(params: Parameters, name: str) -> float | None:
    if name not in params:
        return None
    try:
        value = float(params.text(name))
    except ValueError:
        raise invalid_parameter(name) from None
    if not abs(value) <= _LARGEST_BOUND:  # this way round, it also refuses what is no number at all
        raise ActionError("StepBeyondPermitRange", f'Specific parameter "{name}" beyond permit range.')
    return value

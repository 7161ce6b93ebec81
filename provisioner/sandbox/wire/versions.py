"""
Speaks Ess 2022-02-22, the version of the current SDKs, on top of the actions, which are those of 2014-08-28.

The two differ in spelling: lists are named in the plural in requests and are plain lists in answers
(`VSwitchIds: [..]`, not `VSwitchIds: {VSwitchId: [..]}`), and no name of an answer has a dot in it.

Source: the models of alibabacloud-ess20220222 1.13.3, read 2026-11.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

NEWER_ESS, OLDER_ESS = "2022-02-22", "2014-08-28"

# Lists in requests: what the newer version calls them, what the older one does. The others are the same in both.
_LISTS = {
    "AlarmDimensions": "AlarmDimension",
    "AlbServerGroups": "AlbServerGroup",
    "DBInstances": "DBInstance",
    "DataDisks": "DataDisk",
    "InstanceIds": "InstanceId",
    "InstanceRefreshTaskIds": "InstanceRefreshTaskId",
    "InstanceTypeOverrides": "InstanceTypeOverride",
    "LoadBalancers": "LoadBalancer",
    "RemovalPolicies": "RemovalPolicy",
    "ResourceIds": "ResourceId",
    "ScalingActivityIds": "ScalingActivityId",
    "ScalingConfigurationIds": "ScalingConfigurationId",
    "ScalingConfigurationNames": "ScalingConfigurationName",
    "ScalingGroupIds": "ScalingGroupId",
    "ScalingGroupNames": "ScalingGroupName",
    "ScalingRuleAris": "ScalingRuleAri",
    "ScalingRuleIds": "ScalingRuleId",
    "ScalingRuleNames": "ScalingRuleName",
    "SpotPriceLimits": "SpotPriceLimit",
    "StepAdjustments": "StepAdjustment",
    "TagKeys": "TagKey",
    # Only as a list: in a scaling configuration, `Tags` is one JSON text in both versions.
    "Tags": "Tag",
}
_LIST_PARAMETER = re.compile(rf"({'|'.join(_LISTS)})(\.\d+(?:\..+)?)")
_ANSWER_NAMES = {"SpotPriceLimit": "SpotPriceLimits"}
_DOTTED = re.compile(r"(SystemDisk|ImageOptions)\.")


def to_actions(version: str, parameters: Mapping[str, str]) -> tuple[str, dict[str, str]]:
    """Return the version and the parameters in which the actions know a request."""
    if version != NEWER_ESS:
        return version, dict(parameters)
    return OLDER_ESS, {_older_name(name): value for name, value in parameters.items()}


def from_actions(version: str, answer: dict[str, Any]) -> dict[str, Any]:
    """Return an action's answer in the shape of the version that was asked."""
    if version != NEWER_ESS:
        return answer
    return {name: _newer(value) for name, value in answer.items()}


def _older_name(name: str) -> str:
    matched = _LIST_PARAMETER.fullmatch(name)
    return f"{_LISTS[matched[1]]}{matched[2]}" if matched else name


def _newer(value: Any) -> Any:
    if isinstance(value, list):
        return [_newer(one) for one in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        (only,) = value.values()
        if isinstance(only, list):
            return _newer(only)
    return {_newer_name(str(name)): _newer(one) for name, one in value.items()}


def _newer_name(name: str) -> str:
    return _DOTTED.sub(r"\1", _ANSWER_NAMES.get(name, name))

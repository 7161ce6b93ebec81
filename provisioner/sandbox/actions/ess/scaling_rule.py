"""
Scaling rules (Ess 2014-08-28): how a group changes its size when a caller, or an alarm, executes them.

There are no metrics here, so nothing executes a rule by itself.
"""

from __future__ import annotations

import math
from typing import Any

from provisioner.sandbox.actions.ess.scaling_activity import check_no_activity
from provisioner.sandbox.actions.ess.scaling_group import check_lifecycle, get_scaling_group
from provisioner.sandbox.actions.ess.scaling_instance import present_instances, reconcile
from provisioner.sandbox.actions.ess.scaling_parameters import invalid_parameter, scaling_name
from provisioner.sandbox.actions.ess.scaling_rule_parameters import read_rule
from provisioner.sandbox.actions.paging import answer_page
from provisioner.sandbox.cloud import ActionError
from provisioner.sandbox.cloud.call import Answer, Call
from provisioner.sandbox.cloud.resource import Resource

TYPES = ("SimpleScalingRule", "TargetTrackingScalingRule", "StepScalingRule", "PredictiveScalingRule")


def create_scaling_rule(call: Call) -> Answer:
    """Create a rule in a group, under a name that is unique there; without a name, the id is its name."""
    group = get_scaling_group(call)
    type_ = call.params.text("ScalingRuleType") or TYPES[0]
    if type_ not in TYPES:
        raise invalid_parameter("ScalingRuleType")
    name = scaling_name(call, "ScalingRuleName")
    document: dict[str, Any] = {"ScalingRuleType": type_, "Sent": {}}
    siblings = call.tx.select("scaling_rule", parent=group.id)
    read_rule(call, document, siblings)
    _check_name(name, siblings)
    call.check_quota(
        "scaling_rule",
        len(siblings),
        ActionError("QuotaExceeded.ScalingRule", "Scaling rule quota exceeded in the specified scaling group."),
    )
    rule_id = call.new_id("asr", group.region)
    rule = call.create(
        "scaling_rule", rule_id, region=group.region, parent=group.id, name=name or rule_id, document=document
    )
    return _names(rule)


def modify_scaling_rule(call: Call) -> Answer:
    """Change what was sent; a rule keeps its type."""
    rule = _get(call, call.params.required("ScalingRuleId"))
    name = scaling_name(call, "ScalingRuleName")
    siblings = [other for other in call.tx.select("scaling_rule", parent=rule.parent) if other.id != rule.id]
    read_rule(call, rule.document, siblings)
    _check_name(name, siblings)
    rule.name = name or rule.name
    call.tx.update(rule)
    return _names(rule)


def describe_scaling_rules(call: Call) -> Answer:
    """Return rules, filtered by group, ids, names, ARIs and type."""
    params = call.params
    ids, names, aris = (set(params.texts(f"ScalingRule{what}")) for what in ("Id", "Name", "Ari"))
    found = [
        rule
        for rule in call.list("scaling_rule", parent=params.text("ScalingGroupId") or None)
        if (not ids or rule.id in ids)
        and (not names or rule.name in names)
        and (not aris or _ari(rule) in aris)
        and params.text("ScalingRuleType") in ("", rule.document["ScalingRuleType"])
    ]
    return answer_page(call, found, lambda rule: _show(call, rule), "ScalingRules", "ScalingRule")


def delete_scaling_rule(call: Call) -> Answer:
    """Delete a rule."""
    call.tx.remove([_get(call, call.params.required("ScalingRuleId"))])
    return {}


def execute_scaling_rule(call: Call) -> Answer:
    """Change a group's size as a simple rule says, within its limits."""
    wanted = call.params.required("ScalingRuleAri")
    rule = _get(call, wanted.rpartition("/")[2])
    if _ari(rule) != wanted:
        raise _missing()
    if rule.document["ScalingRuleType"] != TYPES[0]:
        raise invalid_parameter("ScalingRuleAri")
    (group,) = call.tx.select("scaling_group", id=rule.parent, account=call.account)
    document = group.document
    check_lifecycle(group, "Active")
    check_no_activity(call, group)
    total = len(present_instances(call, group))
    size = min(max(total + _adjustment(rule, total), document["MinSize"]), document["MaxSize"])
    if "DesiredCapacity" in document:
        document["DesiredCapacity"] = size
        call.tx.update(group)
    cause = (
        f'A user requests to execute scaling rule "{rule.id}", changing the Total Capacity from "{total}" to "{size}".'
    )
    return {"ScalingActivityId": reconcile(call, group, cause, size=size)}


def _adjustment(rule: Resource, total: int) -> int:
    sent = rule.document["Sent"]
    value = int(sent["AdjustmentValue"])
    if sent["AdjustmentType"] == "TotalCapacity":
        return value - total
    if sent["AdjustmentType"] == "QuantityChangeInCapacity":
        return value
    least = max(abs(math.trunc(total * value / 100)), int(sent.get("MinAdjustmentMagnitude", 1)))
    return int(math.copysign(least, value)) if value else 0


def _check_name(name: str, siblings: list[Resource]) -> None:
    if name and any(sibling.name == name for sibling in siblings):
        raise ActionError(
            "InvalidScalingRuleName.Duplicate", 'The specified value of parameter "ScalingRuleName" is duplicated.'
        )


def _get(call: Call, id: str) -> Resource:
    return call.get("scaling_rule", id, _missing())


def _missing() -> ActionError:
    return ActionError("InvalidScalingRuleId.NotFound", "The specified scaling rule does not exist.", 404)


def _ari(rule: Resource) -> str:
    return f"ari:acs:ess:{rule.region}:{rule.account}:scalingrule/{rule.id}"


def _names(rule: Resource) -> Answer:
    return {"ScalingRuleId": rule.id, "ScalingRuleAri": _ari(rule)}


def _show(call: Call, rule: Resource) -> dict[str, Any]:
    document = rule.document
    (group,) = call.tx.select("scaling_group", id=rule.parent, account=rule.account)
    shown = {
        **_names(rule),
        "ScalingRuleName": rule.name,
        "ScalingRuleType": document["ScalingRuleType"],
        "ScalingGroupId": rule.parent,
        "MinSize": group.document["MinSize"],
        "MaxSize": group.document["MaxSize"],
        # What was not sent is not shown: an attribute that appears by itself is a difference in every plan.
        **document["Sent"],
        "StepAdjustments": {"StepAdjustment": document.get("Steps", [])},
        "Alarms": {"Alarm": []},
        "AlarmDimensions": {"AlarmDimension": document.get("AlarmDimensions", [])},
    }
    if "HybridMetrics" in document:
        shown["HybridMetrics"] = {"HybridMetric": document["HybridMetrics"]}
    return shown


READS = {"DescribeScalingRules": describe_scaling_rules}
WRITES = {
    "CreateScalingRule": create_scaling_rule,
    "ModifyScalingRule": modify_scaling_rule,
    "DeleteScalingRule": delete_scaling_rule,
    "ExecuteScalingRule": execute_scaling_rule,
}

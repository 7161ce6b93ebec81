"""alicloud_ess_scaling_group: id `ScalingGroupId`."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from typing import Any

from provisioner.sandbox.provider.calls import ESS, Connection
from provisioner.sandbox.provider.failures import Client, ObjectMissing, OperationFailed
from provisioner.sandbox.provider.record import Record
from provisioner.sandbox.provider.resources.operations import Operations
from provisioner.sandbox.provider.resources.tags import change_tags, nested, read_tags

_CREATE_SECONDS = 300.0
_STATE_SECONDS = 120.0
_DELETE_SECONDS = 1000.0
_ALB_BATCH = 5
_LOAD_BALANCER_BATCH = 5
_DATABASE_BATCH = 5
_INSTANCE_BATCH = 20

_CREATED_WHEN_NOT_ZERO = {
    "scaling_group_name": "ScalingGroupName",
    "allocation_strategy": "AllocationStrategy",
    "spot_allocation_strategy": "SpotAllocationStrategy",
    "az_balance": "AzBalance",
    "auto_rebalance": "AutoRebalance",
    "balance_mode": "BalanceMode",
    "resource_group_id": "ResourceGroupId",
    "instance_id": "InstanceId",
    "container_group_id": "ContainerGroupId",
    "health_check_types": "HealthCheckTypes",
    "desired_capacity": "DesiredCapacity",
    "stop_instance_timeout": "StopInstanceTimeout",
    "max_instance_lifetime": "MaxInstanceLifetime",
    "spot_instance_pools": "SpotInstancePools",
    "capacity_options_price_comparison_mode": "CapacityOptions.PriceComparisonMode",
    "spot_instance_remedy": "SpotInstanceRemedy",
    "health_check_type": "HealthCheckType",
    "scaling_policy": "ScalingPolicy",
    "group_deletion_protection": "GroupDeletionProtection",
    "launch_template_id": "LaunchTemplateId",
    "launch_template_version": "LaunchTemplateVersion",
}
_CREATED_WHEN_GIVEN = {
    "capacity_options_on_demand_base_capacity": "CapacityOptions.OnDemandBaseCapacity",
    "capacity_options_on_demand_percentage_above_base_capacity": "CapacityOptions.OnDemandPercentageAboveBaseCapacity",
    "capacity_options_compensate_with_on_demand": "CapacityOptions.CompensateWithOnDemand",
    "capacity_options_spot_auto_replace_on_demand": "CapacityOptions.SpotAutoReplaceOnDemand",
    "compensate_with_on_demand": "CompensateWithOnDemand",
}
_CREATED_ALWAYS = {
    "min_size": "MinSize",
    "max_size": "MaxSize",
    "default_cooldown": "DefaultCooldown",
    "multi_az_policy": "MultiAZPolicy",
    "group_type": "GroupType",
    "on_demand_base_capacity": "OnDemandBaseCapacity",
    "on_demand_percentage_above_base_capacity": "OnDemandPercentageAboveBaseCapacity",
}
_MODIFIED = {
    "scaling_group_name": "ScalingGroupName",
    "health_check_type": "HealthCheckType",
    "scaling_policy": "ScalingPolicy",
    "min_size": "MinSize",
    "max_size": "MaxSize",
    "default_cooldown": "DefaultCooldown",
    "health_check_types": "HealthCheckTypes",
    "removal_policies": "RemovalPolicy",
    "on_demand_base_capacity": "OnDemandBaseCapacity",
    "on_demand_percentage_above_base_capacity": "OnDemandPercentageAboveBaseCapacity",
    "spot_instance_pools": "SpotInstancePools",
    "spot_instance_remedy": "SpotInstanceRemedy",
    "az_balance": "AzBalance",
    "auto_rebalance": "AutoRebalance",
    "balance_mode": "BalanceMode",
    "spot_allocation_strategy": "SpotAllocationStrategy",
    "allocation_strategy": "AllocationStrategy",
    "group_deletion_protection": "GroupDeletionProtection",
}
_MODIFIED_WHEN_GIVEN = {
    "stop_instance_timeout": "StopInstanceTimeout",
    "desired_capacity": "DesiredCapacity",
    "max_instance_lifetime": "MaxInstanceLifetime",
    **_CREATED_WHEN_GIVEN,
}
_READ_ALWAYS = {
    "min_size": "MinSize",
    "max_size": "MaxSize",
    "resource_group_id": "ResourceGroupId",
    "desired_capacity": "DesiredCapacity",
    "scaling_group_name": "ScalingGroupName",
    "default_cooldown": "DefaultCooldown",
    "multi_az_policy": "MultiAZPolicy",
    "az_balance": "AzBalance",
    "balance_mode": "BalanceMode",
    "auto_rebalance": "AutoRebalance",
    "allocation_strategy": "AllocationStrategy",
    "spot_allocation_strategy": "SpotAllocationStrategy",
    "on_demand_base_capacity": "OnDemandBaseCapacity",
    "on_demand_percentage_above_base_capacity": "OnDemandPercentageAboveBaseCapacity",
    "spot_instance_remedy": "SpotInstanceRemedy",
    "compensate_with_on_demand": "CompensateWithOnDemand",
    "group_deletion_protection": "GroupDeletionProtection",
    "launch_template_id": "LaunchTemplateId",
    "launch_template_version": "LaunchTemplateVersion",
    "group_type": "GroupType",
    "health_check_type": "HealthCheckType",
    "scaling_policy": "ScalingPolicy",
}
_READ_WHEN_PRESENT = {
    "stop_instance_timeout": "StopInstanceTimeout",
    "max_instance_lifetime": "MaxInstanceLifetime",
    "spot_instance_pools": "SpotInstancePools",
}
_READ_CAPACITY_OPTIONS = {
    "capacity_options_on_demand_base_capacity": "OnDemandBaseCapacity",
    "capacity_options_on_demand_percentage_above_base_capacity": "OnDemandPercentageAboveBaseCapacity",
    "capacity_options_compensate_with_on_demand": "CompensateWithOnDemand",
    "capacity_options_spot_auto_replace_on_demand": "SpotAutoReplaceOnDemand",
    "capacity_options_price_comparison_mode": "PriceComparisonMode",
}


def create(record: Record, connection: Connection) -> None:
    """Create the group, which starts inactive, then do what an update does: tags and removal policies come there."""
    request: dict[str, Any] = {"RegionId": connection.region}
    request |= {key: record.get(name) for name, key in _CREATED_ALWAYS.items()}
    request |= {key: record.ok(name) for name, key in _CREATED_WHEN_NOT_ZERO.items()}
    request |= {key: record.given(name) for name, key in _CREATED_WHEN_GIVEN.items()}
    request |= {
        "VSwitchIds": sorted(record.get("vswitch_ids")),
        "AlbServerGroup": [_server_group(group, "weight", "port") for group in record.get("alb_server_group")],
        "DBInstanceIds": _json_list(record.get("db_instance_ids")),
        "LoadBalancerIds": _json_list(record.get("loadbalancer_ids")),
        "LaunchTemplateOverride": [_override(element) for element in record.get("launch_template_override")],
    }
    answer = connection.call(
        ESS,
        "CreateScalingGroup",
        request,
        subject="alicloud_ess_scaling_group",
        repeat_on=("Throttling", "IncorrectLoadBalancerHealthCheck", "IncorrectLoadBalancerStatus"),
        timeout_seconds=_CREATE_SECONDS,
    )
    record.id = answer["ScalingGroupId"]
    await_scaling_group(record.id, connection, ("Inactive",), _STATE_SECONDS)
    if record.ok("launch_template_id"):
        connection.call(
            ESS,
            "EnableScalingGroup",
            {"ScalingGroupId": record.id, "RegionId": connection.region},
            subject="alicloud_ess_scaling_group",
            client=Client.TYPED,
            repeat_on=("IncorrectScalingGroupStatus",),
        )
    update(record, connection)


def read(record: Record, connection: Connection) -> None:
    """Read the group, its tags and its protected instances."""
    answer = connection.call(
        ESS,
        "DescribeScalingGroups",
        {"ScalingGroupId.1": record.id, "RegionId": connection.region},
        subject=record.id,
        repeat_transient=False,
    )
    groups = nested(answer, "ScalingGroups", "ScalingGroup")
    if not groups:
        raise ObjectMissing("ScalingGroups", record.id)
    group = groups[0]
    record.set_all(group, _READ_ALWAYS)
    record.set_present(group, _READ_WHEN_PRESENT)
    record.set("removal_policies", group["RemovalPolicies"]["RemovalPolicy"])
    record.set("db_instance_ids", group["DBInstanceIds"]["DBInstanceId"])
    record.set("loadbalancer_ids", group["LoadBalancerIds"]["LoadBalancerId"])
    record.set("vswitch_ids", nested(group, "VSwitchIds", "VSwitchId"))
    if group.get("LaunchTemplateOverrides") is not None:
        overrides = nested(group, "LaunchTemplateOverrides", "LaunchTemplateOverride")
        record.set("launch_template_override", [_read_override(element) for element in overrides])
    record.set_present(group.get("CapacityOptions") or {}, _READ_CAPACITY_OPTIONS)
    if group.get("AlbServerGroups") is not None and record.ok("alb_server_group"):
        known = {(element["alb_server_group_id"], element["port"]) for element in record.get("alb_server_group")}
        record.set(
            "alb_server_group",
            [
                {"alb_server_group_id": found["AlbServerGroupId"], "weight": found["Weight"], "port": found["Port"]}
                for found in nested(group, "AlbServerGroups", "AlbServerGroup")
                if (found["AlbServerGroupId"], found["Port"]) in known
            ],
        )
    if group.get("HealthCheckType") is None:
        record.set("health_check_types", nested(group, "HealthCheckTypes", "HealthCheckType"))
    tags = connection.call(
        ESS,
        "ListTagResources",
        {"ResourceType": "scalinggroup", "ResourceId": [record.id], "RegionId": connection.region},
        subject=record.id,
        client=Client.TYPED,
    )
    record.set("tags", read_tags(nested(tags, "TagResources", "TagResource")))
    protected: list[str] = []
    with contextlib.suppress(OperationFailed):  # the real provider takes a refusal for "none"
        instances = connection.call(
            ESS,
            "DescribeScalingInstances",
            {"RegionId": connection.region, "ScalingGroupId": record.id, "LifecycleState": "Protected"},
            subject=record.id,
            client=Client.TYPED,
        )
        protected = [found["InstanceId"] for found in nested(instances, "ScalingInstances", "ScalingInstance")]
    record.set("protected_instances", protected)


def update(record: Record, connection: Connection) -> None:
    """Change what has changed; `ModifyScalingGroup` is sent even when that is nothing."""
    record.begin_partial()
    change_tags(record, connection, ESS, "scalinggroup", Client.TYPED)
    if record.has_change("resource_group_id"):
        connection.call(
            ESS,
            "ChangeResourceGroup",
            {
                "ResourceId": record.id,
                "ResourceType": "scalinggroup",
                "NewResourceGroupId": record.get("resource_group_id"),
                "RegionId": connection.region,
            },
            subject=record.id,
            client=Client.TYPED,
        )
    request = {"ScalingGroupId": record.id, **record.changes(_MODIFIED)}
    request |= {key: record.given(name) for name, key in _MODIFIED_WHEN_GIVEN.items() if record.has_change(name)}
    if record.has_change("capacity_options_price_comparison_mode"):
        request["CapacityOptions.PriceComparisonMode"] = record.ok("capacity_options_price_comparison_mode")
    if record.has_change("vswitch_ids"):
        request["VSwitchIds"] = sorted(record.get("vswitch_ids"))
    template = {
        "LaunchTemplateId": record.get("launch_template_id"),
        "LaunchTemplateVersion": record.get("launch_template_version"),
    }
    if record.has_change("launch_template_id", "launch_template_version"):
        request |= template
    if record.has_change("launch_template_override") and record.ok("launch_template_override"):
        overrides = [_override(element) for element in record.get("launch_template_override")]
        request |= {**template, "LaunchTemplateOverride": overrides}
    connection.call(
        ESS,
        "ModifyScalingGroup",
        request,
        subject="alicloud_ess_scaling_group",
        repeat_transient=False,
        is_sent_once=True,
    )
    _change_members(record, connection)
    read(record, connection)


def delete(record: Record, connection: Connection) -> None:
    """Delete the group by force, with its configurations and instances, and wait until it is gone."""
    connection.remove(
        ESS,
        "DeleteScalingGroup",
        {"RegionId": connection.region, "ScalingGroupId": record.id, "ForceDelete": True},
        gone_on=("InvalidScalingGroupId.NotFound",),
        missing_is_gone=False,
        subject=record.id,
        client=Client.TYPED,
        repeat_on=("InternalError",),
        repeat_transient=False,
        timeout_seconds=record.timeout_seconds("delete"),
    )
    await_scaling_group(record.id, connection, (), _DELETE_SECONDS)


def describe_scaling_group(identifier: str, connection: Connection) -> dict[str, Any]:
    """Return the group as the typed client reads it."""
    answer = connection.call(
        ESS,
        "DescribeScalingGroups",
        {"ScalingGroupId.1": identifier, "RegionId": connection.region},
        subject=identifier,
        client=Client.TYPED,
        repeat_transient=False,
    )
    for group in nested(answer, "ScalingGroups", "ScalingGroup"):
        if group.get("ScalingGroupId") == identifier:
            return dict(group)
    raise ObjectMissing("EssScalingGroup", identifier)


def await_scaling_group(identifier: str, connection: Connection, wanted: tuple[str, ...], seconds: float) -> None:
    """Return when the group's LifecycleState is one of `wanted`, or the group is gone when there is none."""
    connection.await_state(
        identifier,
        lambda: str(describe_scaling_group(identifier, connection).get("LifecycleState")),
        wanted,
        timeout_seconds=seconds,
    )


def _change_members(record: Record, connection: Connection) -> None:
    """Attach and detach what has changed; after a create the members of the create call are attached once more."""
    target = {"RegionId": connection.region, "ScalingGroupId": record.id}

    def send(action: str, request: dict[str, Any], client: Client = Client.TYPED) -> None:
        busy = ("IncorrectScalingGroupStatus",)
        connection.call(ESS, action, {**target, **request}, subject=record.id, client=client, repeat_on=busy)

    added, removed = _difference(record, "loadbalancer_ids")
    for batch in _batches(added, _LOAD_BALANCER_BATCH):
        send("AttachLoadBalancers", {"ForceAttach": True, "LoadBalancer": batch})
    for batch in _batches(removed, _LOAD_BALANCER_BATCH):
        send("DetachLoadBalancers", {"ForceDetach": False, "LoadBalancer": batch})
    added, removed = _difference(record, "alb_server_group")
    for batch in _batches(removed, _ALB_BATCH):
        groups = [_server_group(group, "port") for group in batch]
        send("DetachAlbServerGroups", {"ForceDetach": True, "AlbServerGroup": groups}, Client.TEA)
    for batch in _batches(added, _ALB_BATCH):
        groups = [_server_group(group, "port", "weight") for group in batch]
        send("AttachAlbServerGroups", {"ForceAttach": True, "AlbServerGroup": groups}, Client.TEA)
    added, removed = _difference(record, "db_instance_ids")
    for batch in _batches(added, _DATABASE_BATCH):
        send("AttachDBInstances", {"ForceAttach": True, "DBInstance": batch})
    for batch in _batches(removed, _DATABASE_BATCH):
        send("DetachDBInstances", {"ForceDetach": True, "DBInstance": batch})
    added, removed = _difference(record, "protected_instances")
    for batch in _batches(added, _INSTANCE_BATCH):
        send("SetInstancesProtection", {"InstanceId": batch, "ProtectedFromScaleIn": True})
    for batch in _batches(removed, _INSTANCE_BATCH):
        send("SetInstancesProtection", {"InstanceId": batch, "ProtectedFromScaleIn": False})


def _json_list(values: list[str]) -> str | None:
    return json.dumps(sorted(values)) if values else None


def _difference(record: Record, name: str) -> tuple[list[Any], list[Any]]:
    if not record.has_change(name):
        return [], []
    before, after = record.before(name), record.get(name)
    return [item for item in after if item not in before], [item for item in before if item not in after]


def _batches(items: list[Any], size: int) -> Iterator[list[Any]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]


def _server_group(element: dict[str, Any], *names: str) -> dict[str, Any]:
    keys = {"weight": "Weight", "port": "Port"}
    identifier = {"AlbServerGroupId": element.get("alb_server_group_id") or None}
    return identifier | {keys[name]: element.get(name) or 0 for name in names}


def _override(element: dict[str, Any]) -> dict[str, Any]:
    price = element.get("spot_price_limit")
    return {
        "InstanceType": element.get("instance_type") or None,
        "SpotPriceLimit": f"{price:.2f}" if price else None,
        "WeightedCapacity": element.get("weighted_capacity") or None,
    }


def _read_override(element: dict[str, Any]) -> dict[str, Any]:
    price = element.get("SpotPriceLimit")
    return {
        "instance_type": element.get("InstanceType"),
        "spot_price_limit": None if price is None else round(float(price), 2),
        "weighted_capacity": element.get("WeightedCapacity"),
    }


OPERATIONS = Operations(create, read, update, delete)

"""What is known of a pool in each of its zones."""

from __future__ import annotations

from typing import Any

from provisioner.api.extensions_v1alpha1 import Worker
from provisioner.translate.machine_deployments import machine_deployments, with_scaling_groups

POOL: dict[str, Any] = {
    "name": "p",
    "machineType": "ecs.g7.large",
    "machineImage": {"name": "coreos", "version": "1.0"},
    "minimum": 3,
    "maximum": 5,
    "zones": ["b", "a", "b"],
}


def worker(**pool: Any) -> Worker:
    spec = {"type": "alicloud", "region": "r", "pools": [{**POOL, **pool}]}
    return Worker.model_validate({"metadata": {"name": "w"}, "spec": spec})


def deployments(**pool: Any) -> list[dict[str, Any]]:
    return machine_deployments(worker(**pool), "shoot--x--y")


def test_each_zone_has_its_share_and_counts_once() -> None:
    """The example of the extension's source: minimum 3, maximum 5, surge 1, unavailable 0 over two zones."""
    names = ("name", "minimum", "maximum", "maxSurge", "maxUnavailable")
    assert [tuple(item[name] for name in names) for item in deployments()] == [
        ("shoot--x--y-p-b", 2, 3, 1, 0),
        ("shoot--x--y-p-a", 1, 2, 0, 0),
    ]


def test_a_pool_without_priority_has_none() -> None:
    assert all("priority" not in item for item in deployments())
    assert [item["priority"] for item in deployments(priority=0)] == [0, 0]


def test_a_node_template_says_what_a_node_will_offer_and_where_it_is() -> None:
    template = {"capacity": {"cpu": 2}, "virtualCapacity": {"example.org/slots": "4"}}
    (first, _) = deployments(nodeTemplate=template, architecture="arm64")
    assert first["nodeTemplate"] == {
        "architecture": "arm64",
        "capacity": {"cpu": "2"},
        "virtualCapacity": {"example.org/slots": "4"},
        "instanceType": "ecs.g7.large",
        "region": "r",
        "zone": "b",
    }


def test_what_a_node_offers_stays_known_when_its_machine_type_leaves_the_cloud_profile() -> None:
    applied = machine_deployments(worker(nodeTemplate={"capacity": {"cpu": "2"}}), "shoot--x--y")
    for changed, capacity in ((worker(), {"cpu": "2"}), (worker(machineType="ecs.g7.xlarge"), {})):
        after = machine_deployments(changed, "shoot--x--y", applied)
        assert [item["nodeTemplate"]["capacity"] for item in after] == [capacity, capacity]


def test_taint_without_a_value_is_the_same_as_one_with_an_empty_value() -> None:
    (first, _) = deployments(taints=[{"key": "a", "value": "", "effect": "NoSchedule"}])
    assert first["taints"] == [{"key": "a", "effect": "NoSchedule"}]


def test_scaling_groups_are_told_where_there_are_some() -> None:
    pools = {"p": {"b": {"scaling_group_id": "asg-1", "scaling_configuration_id": "asc-1"}}}
    first, second = with_scaling_groups(deployments(), pools)
    assert (first["scalingGroupID"], first["scalingConfigurationID"]) == ("asg-1", "asc-1")
    assert "scalingGroupID" not in second


def test_autoscaler_options_are_annotations_with_durations_as_go_prints_them() -> None:
    options = {"scaleDownUtilizationThreshold": "0.5", "scaleDownUnneededTime": "90m", "maxNodeProvisionTime": "15m"}
    (first, _) = deployments(clusterAutoscaler=options)
    assert first["clusterAutoscalerAnnotations"] == {
        "autoscaler.gardener.cloud/scale-down-utilization-threshold": "0.5",
        "autoscaler.gardener.cloud/scale-down-unneeded-time": "1h30m0s",
        "autoscaler.gardener.cloud/max-node-provision-time": "15m0s",
    }
    assert all("clusterAutoscalerAnnotations" not in item for item in deployments())

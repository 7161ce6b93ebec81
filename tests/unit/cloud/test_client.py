"""Which calls that change something are sent again, and where the products are reached."""

from __future__ import annotations

import pytest

from provisioner.cloud.client import public_endpoint
from provisioner.errors import CloudError
from provisioner.sandbox.cloud.faults import Fault
from tests.unit.cloud.conftest import World


def create(world: World, *, is_idempotent: bool) -> str:
    given = {"InstanceChargeType": "PayByCLCU"}
    return str(world.client.change("slb", "CreateLoadBalancer", given, is_idempotent=is_idempotent)["LoadBalancerId"])


@pytest.mark.parametrize("is_idempotent", [True, False])
def test_change_that_was_throttled_is_sent_again(world: World, is_idempotent):
    world.cloud.faults.add(Fault("CreateLoadBalancer", "throttling", times=3))
    assert create(world, is_idempotent=is_idempotent)
    assert (len(world.waits), world.cloud.counts()) == (3, {"load_balancer": 1})


@pytest.mark.parametrize("kind", ["lost-answer", "reset", "unavailable", "internal-error"])
def test_change_that_may_have_happened_is_not_sent_again(world: World, kind):
    world.cloud.faults.add(Fault("CreateLoadBalancer", kind, times=1))
    with pytest.raises(CloudError) as caught:
        create(world, is_idempotent=False)
    assert (caught.value.is_retryable, world.waits) == (True, [])


@pytest.mark.parametrize("kind", ["lost-answer", "reset", "unavailable", "internal-error"])
def test_idempotent_change_that_may_have_happened_is_sent_again(world: World, kind):
    world.cloud.faults.add(Fault("SetLoadBalancerDeleteProtection", kind, times=2))
    given = {"LoadBalancerId": world.account.a_load_balancer(), "DeleteProtection": "on"}
    world.client.change("slb", "SetLoadBalancerDeleteProtection", given, is_idempotent=True)
    assert len(world.waits) == 2


@pytest.mark.parametrize("is_idempotent", [True, False])
def test_change_that_is_refused_for_good_is_not_sent_again(world: World, is_idempotent):
    world.cloud.faults.add(Fault("CreateLoadBalancer", "forbidden"))
    with pytest.raises(CloudError, match=r"^CreateLoadBalancer: Forbidden\.RAM") as caught:
        create(world, is_idempotent=is_idempotent)
    assert (caught.value.is_retryable, world.waits) == (False, [])


@pytest.mark.parametrize(
    ("product", "region", "host"),
    [
        ("slb", "eu-central-1", "slb.eu-central-1.aliyuncs.com"),
        ("slb", "cn-shanghai", "slb.aliyuncs.com"),
        ("slb", "cn-shanghai-finance-1", "slb.aliyuncs.com"),
        ("ess", "cn-shanghai", "ess.aliyuncs.com"),
        ("vpc", "cn-shanghai", "vpc.cn-shanghai.aliyuncs.com"),
        ("ecs", "cn-hangzhou", "ecs-cn-hangzhou.aliyuncs.com"),
    ],
)
def test_product_has_its_public_endpoint(product, region, host):
    assert public_endpoint(product, region) == host

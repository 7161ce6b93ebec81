"""Which calls that change something are sent again, and where the products are reached."""

from __future__ import annotations

import pytest

from provisioner.errors import CloudError
from provisioner.sandbox.cloud.faults import Fault
from tests.unit.cloud.conftest import SimulatedAccount


def create(simulated: SimulatedAccount, *, is_idempotent: bool) -> str:
    given = {"InstanceChargeType": "PayByCLCU"}
    return str(
        simulated.client.change("slb", "CreateLoadBalancer", given, is_idempotent=is_idempotent)["LoadBalancerId"]
    )


@pytest.mark.parametrize("is_idempotent", [True, False])
def test_change_that_was_throttled_is_sent_again(simulated: SimulatedAccount, is_idempotent):
    simulated.cloud.faults.add(Fault("CreateLoadBalancer", "throttling", times=3))
    assert create(simulated, is_idempotent=is_idempotent)
    assert (len(simulated.waits), simulated.cloud.counts()) == (3, {"load_balancer": 1})


@pytest.mark.parametrize("kind", ["lost-answer", "reset", "unavailable", "internal-error"])
def test_change_that_may_have_happened_is_not_sent_again(simulated: SimulatedAccount, kind):
    simulated.cloud.faults.add(Fault("CreateLoadBalancer", kind, times=1))
    with pytest.raises(CloudError) as caught:
        create(simulated, is_idempotent=False)
    assert (caught.value.is_retryable, simulated.waits) == (True, [])


@pytest.mark.parametrize("kind", ["lost-answer", "reset", "unavailable", "internal-error"])
def test_idempotent_change_that_may_have_happened_is_sent_again(simulated: SimulatedAccount, kind):
    simulated.cloud.faults.add(Fault("SetLoadBalancerDeleteProtection", kind, times=2))
    given = {"LoadBalancerId": simulated.account.a_load_balancer(), "DeleteProtection": "on"}
    simulated.client.change("slb", "SetLoadBalancerDeleteProtection", given, is_idempotent=True)
    assert len(simulated.waits) == 2


@pytest.mark.parametrize("is_idempotent", [True, False])
def test_change_that_is_refused_for_good_is_not_sent_again(simulated: SimulatedAccount, is_idempotent):
    simulated.cloud.faults.add(Fault("CreateLoadBalancer", "forbidden"))
    with pytest.raises(CloudError, match=r"^CreateLoadBalancer: Forbidden\.RAM") as caught:
        create(simulated, is_idempotent=is_idempotent)
    assert (caught.value.is_retryable, simulated.waits) == (False, [])


BUSY = ["ServiceIsConfiguring", "OperationConflict", "TaskConflict", "IncorrectStatus.LoadBalancer", "SystemBusy"]


@pytest.mark.parametrize("code", BUSY)
@pytest.mark.parametrize("is_idempotent", [True, False])
def test_change_that_meets_a_busy_service_is_sent_again(simulated: SimulatedAccount, code, is_idempotent):
    simulated.cloud.faults.add(Fault("CreateLoadBalancer", "throttling", times=3, code=code))
    assert create(simulated, is_idempotent=is_idempotent)
    assert (len(simulated.waits), simulated.cloud.counts()) == (3, {"load_balancer": 1})


@pytest.mark.parametrize("code", BUSY)
def test_service_that_stays_busy_ends_in_a_code_after_which_gardenlet_tries_again(simulated: SimulatedAccount, code):
    simulated.cloud.faults.add(Fault("CreateLoadBalancer", "throttling", code=code))
    with pytest.raises(CloudError) as caught:
        create(simulated, is_idempotent=True)
    assert (caught.value.codes, caught.value.is_retryable) == (("ERR_RETRYABLE_INFRA_DEPENDENCIES",), True)
    assert len(simulated.waits) == 11


def test_what_is_gone_is_not_asked_for_again(simulated: SimulatedAccount):
    with pytest.raises(CloudError, match=r"InvalidSecurityGroupId\.NotFound"):
        simulated.client.call("ecs", "DescribeSecurityGroupAttribute", {"SecurityGroupId": "sg-gone"})
    assert simulated.waits == []

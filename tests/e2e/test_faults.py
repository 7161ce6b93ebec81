"""What a run makes of a cloud that fails on demand: it gets through, or ends with the right code."""

from __future__ import annotations

from contextlib import closing

import pytest

from tests.e2e.conftest import EXAMPLE
from tests.e2e.test_main_job import EXPECTED
from tests.spreads import LONG, chosen, spread

REPEATED_WHEN_THROTTLED = ("ecs:*", "vpc:[!D]*", "vpc:DescribeV*", "vpc:DescribeE*", "ess:CreateScaling*")
"""Most of what aliyun/alicloud calls. Some reading calls it does not repeat; docs/sandbox.md names them."""


def add_fault(provision, action, kind, *options):
    provision.ok("sandbox", "fault", "add", action, "--kind", kind, *options)


def faults(provision):
    return provision.ok("sandbox", "fault", "list", "-o", "json").document["faults"]


@LONG
def test_apply_and_destroy_get_through_throttling(provision):
    for action in REPEATED_WHEN_THROTTLED:
        add_fault(provision, action, "throttling", "--probability", "0.3")
    provision.ok("apply", EXAMPLE)
    assert sum(fault["hits"] for fault in faults(provision)) > 10
    provision.ok("destroy", EXAMPLE)
    assert provision.counts() == {}


REFUSALS = [
    ("CreateNatGateway", "out-of-stock", "Zone.NotOnSale", "ERR_INFRA_RESOURCES_DEPLETED", True),
    ("CreateScalingConfiguration", "out-of-stock", "OperationDenied.NoStock", "ERR_INFRA_RESOURCES_DEPLETED", True),
    ("EnableScalingGroup", "forbidden", "Forbidden.RAM", "ERR_INFRA_UNAUTHORIZED", False),
    ("CreateVpc", "quota", "QuotaExceeded.Vpc", "ERR_INFRA_QUOTA_EXCEEDED", False),
    ("CreateVpc", "forbidden", "Forbidden.RAM", "ERR_INFRA_UNAUTHORIZED", False),
    ("CreateVpc", "throttling", "Throttling.User", "ERR_INFRA_RATE_LIMITS_EXCEEDED", True),
    ("CreateVpc", "unavailable", "ServiceUnavailable", "ERR_RETRYABLE_INFRA_DEPENDENCIES", True),
    ("CreateVpc", "internal-error", "InternalError", "ERR_RETRYABLE_INFRA_DEPENDENCIES", True),
]
LASTING = ("unavailable", "internal-error", "throttling")
"""The provider repeats calls that end so for a while."""


@pytest.mark.parametrize(
    "case",
    chosen(REFUSALS, lambda case: case[1] not in LASTING),
    ids=lambda case: f"{case[0]}-{case[1]}",
)
def test_refusal_ends_with_gardeners_code(provision, case):
    action, kind, code, gardener_code, is_retryable = case
    add_fault(provision, action, kind)
    refused = provision("apply", EXAMPLE, "-o", "json")
    error = refused.document["error"]
    assert refused.code == 5, refused.err
    assert (error["codes"], error["retryable"], error["cloudCode"]) == ([gardener_code], is_retryable, code)
    assert code in refused.err


def test_lost_answer_of_a_creation_is_asked_for_again(provision):
    add_fault(provision, "CreateVpc", "lost-answer", "--times", "1")
    provision.ok("apply", EXAMPLE)
    assert faults(provision)[0]["hits"] == 1
    assert provision.counts()["vpc"] == 1


@LONG
def test_object_whose_answer_never_comes_is_found_and_kept(provision):
    add_fault(provision, "CreateVpc", "lost-answer")
    applied = provision.ok("apply", EXAMPLE, "-o", "json")
    assert [found["address"] for found in applied.document["adopted"]] == ["module.infrastructure.alicloud_vpc.this[0]"]
    assert provision.counts()["vpc"] == 1


@LONG
@pytest.mark.timeout(600)
def test_apply_converges_although_every_action_is_throttled(provision):
    add_fault(provision, "*", "throttling", "--probability", "0.3")
    applied = provision("apply", EXAMPLE, PROVISION_RETRY_BUDGET="240")
    assert applied.code == 0, applied.err
    provision.ok("sandbox", "fault", "clear")
    assert provision("plan", EXAMPLE).code == 0


@pytest.mark.parametrize("seed", spread(range(3), 1))
def test_apply_converges_although_answers_are_lost(provision, seed):
    for _ in range(seed + 1):  # the number of a fault decides which calls it hits
        provision.ok("sandbox", "fault", "clear")
        add_fault(provision, "*", "lost-answer", "--probability", "0.05")
    done = provision("apply", EXAMPLE, "-o", "json")
    provision.ok("sandbox", "fault", "clear")
    if done.code:
        # What was made twice is not taken away before a run has shown it.
        error = done.document["error"]
        assert (error["type"], error["retryable"]) == ("LeftBehind", True), error
        provision.ok("apply", EXAMPLE, "--yes")
    assert provision("plan", EXAMPLE).code == 0
    assert provision.counts() == EXPECTED


def test_things_that_show_up_late_are_waited_for(provision):
    add_fault(provision, "vpc:Create*", "invisible", "--delay-ms", "20")
    add_fault(provision, "vpc:*", "slow-state", "--delay-ms", "200")
    provision.ok("apply", EXAMPLE)
    assert provision("plan", EXAMPLE).code == 0


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("RunContainer", "--kind", "throttling"), "ACTION: 'RunContainer' matches no action"),
        (("CreateVpc", "--kind", "throttling", "--probability", "2"), "--probability: 2 is not above 0"),
        (("CreateVpc", "--kind", "latency"), "--delay-ms: latency needs it"),
    ],
)
def test_wrong_fault_is_refused(provision, arguments, text):
    refused = provision("sandbox", "fault", "add", *arguments)
    assert (refused.code, text in refused.err) == (3, True), refused.err


def test_fault_can_be_listed_and_cleared(provision):
    add_fault(provision, "CreateVpc", "throttling", "--times", "2", "--code", "Throttling")
    expected = {
        "number": 1,
        "action": "CreateVpc",
        "kind": "throttling",
        "probability": 1.0,
        "times": 2,
        "delayMs": 0.0,
        "code": "Throttling",
        "calls": 0,
        "hits": 0,
    }
    assert faults(provision) == [expected]
    assert provision.ok("sandbox", "fault", "clear", "-o", "json").document == {"cleared": 1}
    assert faults(provision) == []


def test_missing_role_of_the_nat_gateway_service_is_created(provision):
    """The service refuses as long as the account has none; which code it has for that is not documented."""
    add_fault(provision, "CreateNatGateway", "forbidden", "--times", "1")
    provision.ok("apply", EXAMPLE)
    assert provision("plan", EXAMPLE).code == 0
    with closing(provision.cloud()) as cloud:
        asked = [record.action for record in cloud.access_log()]
    assert asked.count("CreateServiceLinkedRole") == 1

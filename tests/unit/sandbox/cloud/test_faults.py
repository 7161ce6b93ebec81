"""Faults on demand: each kind, how often, where, over every door, and what the provider makes of them."""

from __future__ import annotations

import http.client
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlencode

import pytest

from provisioner.cli.commands.sandbox.fault import FAULT_KINDS
from provisioner.sandbox.cloud import ActionError, ConnectionLost, Fault, Latency
from provisioner.sandbox.cloud.faults import KINDS, PRODUCTS
from provisioner.sandbox.provider.calls import Connection, Patience
from provisioner.sandbox.provider.failures import CallUnanswered, Client, ServiceRefused
from provisioner.sandbox.sandbox import open_cloud
from provisioner.sandbox.wire import serve_cloud
from provisioner.sandbox.wire.signature import sign

VPC = "2016-04-28"
PAGE = (Path(__file__).resolve().parents[4] / "docs" / "sandbox.md").read_text()
NEW_VPC = {"RegionId": "eu-central-1", "CidrBlock": "10.250.0.0/16", "ClientToken": "token"}


@pytest.mark.parametrize(
    ("kind", "answer"),
    [
        ("throttling", ("Throttling.User", 400)),
        ("unavailable", ("ServiceUnavailable", 503)),
        ("internal-error", ("InternalError", 500)),
        ("forbidden", ("Forbidden.RAM", 403)),
        ("quota", ("QuotaExceeded.Vpc", 400)),
        ("out-of-stock", ("Zone.NotOnSale", 403)),
    ],
)
def test_refusing_kind_has_the_clouds_code_and_status_and_no_effect(cloud, account, refused, kind, answer):
    cloud.faults.add(Fault("CreateVpc", kind))
    error = refused(account.vpc, "CreateVpc", CidrBlock="10.250.0.0/16")
    assert (error.code, error.http_status) == answer
    assert error.request_id
    assert cloud.counts() == {}


def test_machines_that_are_sold_out(cloud, account, refused):
    cloud.faults.add(Fault("ess:*", "out-of-stock"))
    error = refused(account.ess, "CreateScalingConfiguration", ScalingGroupId="asg-1")
    assert (error.code, error.http_status) == ("OperationDenied.NoStock", 403)


def test_code_can_be_replaced(cloud, account, refused):
    cloud.faults.add(Fault("CreateVpc", "throttling", code="Throttling.Api"))
    error = refused(account.vpc, "CreateVpc", CidrBlock="10.250.0.0/16")
    assert (error.code, error.http_status) == ("Throttling.Api", 400)


def test_latency_lets_the_call_wait(cloud, account):
    cloud.faults.add(Fault("DescribeVpcs", "latency", delay_ms=30))
    started = time.monotonic()
    account.vpc("DescribeVpcs")
    assert time.monotonic() - started >= 0.03


def test_reset_has_no_effect(cloud, account):
    cloud.faults.add(Fault("CreateVpc", "reset"))
    with pytest.raises(ConnectionLost) as lost:
        account.vpc("CreateVpc", CidrBlock="10.250.0.0/16")
    assert (lost.value.is_reset, cloud.counts()) == (True, {})


def test_lost_answer_has_its_effect(cloud, account):
    cloud.faults.add(Fault("CreateVpc", "lost-answer"))
    with pytest.raises(ConnectionLost) as lost:
        account.vpc("CreateVpc", CidrBlock="10.250.0.0/16")
    assert (lost.value.is_reset, cloud.counts()) == (False, {"vpc": 1})


def test_answer_of_a_refusal_is_lost_too(cloud, account):
    cloud.faults.add(Fault("CreateVpc", "lost-answer"))
    with pytest.raises(ConnectionLost):
        account.vpc("CreateVpc", CidrBlock="not-a-range")
    assert cloud.access_log()[-1].http_status == 0


def test_same_token_after_a_lost_answer_gets_the_first_answer(cloud, account):
    cloud.faults.add(Fault("CreateVpc", "lost-answer", times=1))
    with pytest.raises(ConnectionLost):
        account.vpc("CreateVpc", CidrBlock="10.250.0.0/16", ClientToken="one")
    account.vpc("CreateVpc", CidrBlock="10.250.0.0/16", ClientToken="one")
    assert cloud.counts() == {"vpc": 1}


def test_invisible_thing_appears_later(cloud, account):
    cloud.faults.add(Fault("CreateVpc", "invisible", delay_ms=500))
    vpc_id = account.vpc("CreateVpc", CidrBlock="10.250.0.0/16")["VpcId"]

    def seen() -> int:
        return int(account.vpc("DescribeVpcs", VpcId=vpc_id)["TotalCount"])

    account.settle(0.4)
    before = seen()
    account.settle(0.2)
    assert (before, seen()) == (0, 1)


def test_slow_state_lasts_as_long_as_it_says(cloud, account):
    cloud.faults.add(Fault("CreateVpc", "slow-state", delay_ms=5000))
    vpc_id = account.vpc("CreateVpc", CidrBlock="10.250.0.0/16")["VpcId"]

    def status() -> str:
        return str(account.vpc("DescribeVpcAttribute", VpcId=vpc_id)["Status"])

    account.settle(4.9)
    before = status()
    account.settle(0.2)
    assert (before, status()) == ("Pending", "Available")


@pytest.mark.parametrize("kind", ["quota", "out-of-stock", "invisible", "slow-state"])
def test_kind_that_is_about_changes_leaves_reading_alone(cloud, account, kind):
    cloud.faults.add(Fault("*", kind, delay_ms=1))
    account.vpc("DescribeVpcs")
    assert cloud.faults.list()[0].drawn == 0


@pytest.mark.parametrize(
    ("pattern", "is_hit"),
    [
        ("CreateVpc", True),
        ("Create*", True),
        ("vpc:*", True),
        ("VPC:CreateVpc", True),
        ("*", True),
        ("Describe*", False),
        ("ecs:*", False),
        ("vpc:CreateVSwitch", False),
    ],
)
def test_pattern_says_which_actions(cloud, account, pattern, is_hit):
    cloud.faults.add(Fault(pattern, "latency", delay_ms=0.01))
    account.vpc("CreateVpc", CidrBlock="10.250.0.0/16")
    assert cloud.faults.list()[0].hits == int(is_hit)


def test_times_limits_the_hits(cloud, account, refused):
    cloud.faults.add(Fault("DescribeVpcs", "throttling", times=2))
    for _ in range(2):
        refused(account.vpc, "DescribeVpcs")
    account.vpc("DescribeVpcs")
    (stored,) = cloud.faults.list()
    assert (stored.hits, stored.drawn, stored.is_used_up) == (2, 2, True)


def outcomes(folder: Path) -> list[bool]:
    """Return which of 200 calls to a new cloud are throttled at 30 percent."""
    cloud = open_cloud(folder, latency=Latency(), settle_ms=0)
    caller = cloud.enroll("LTAIone", "secret-one")
    cloud.faults.add(Fault("DescribeVpcs", "throttling", probability=0.3))
    hit = []
    for _ in range(200):
        try:
            cloud.call(caller, VPC, "DescribeVpcs", {"RegionId": "eu-central-1"})
            hit.append(False)
        except ActionError:
            hit.append(True)
    cloud.close()
    return hit


def test_probability_is_seeded(tmp_path):
    first, second = outcomes(tmp_path / "one"), outcomes(tmp_path / "two")
    assert first == second
    assert 40 < sum(first) < 80


def test_other_process_sees_faults_and_counts_them_too(cloud, account, refused, tmp_path):
    other = open_cloud(tmp_path / "cloud", latency=Latency(), settle_ms=0)
    other.faults.add(Fault("DescribeVpcs", "throttling", times=1))
    refused(account.vpc, "DescribeVpcs")
    hits = other.faults.list()[0].hits
    other.close()
    assert hits == 1


def test_latency_and_refusal_hit_the_same_call(cloud, account, refused):
    cloud.faults.add(Fault("DescribeVpcs", "latency", delay_ms=1))
    cloud.faults.add(Fault("DescribeVpcs", "throttling"))
    cloud.faults.add(Fault("DescribeVpcs", "unavailable"))
    refused(account.vpc, "DescribeVpcs")
    record = cloud.access_log()[-1]
    assert (record.fault, record.code, record.http_status) == ("latency#1,throttling#2", "Throttling.User", 400)


def test_call_without_faults_has_none_in_the_log(cloud, account):
    account.vpc("DescribeVpcs")
    assert cloud.access_log()[-1].fault == ""


@pytest.mark.parametrize(("kind", "code"), [("reset", "ConnectionReset"), ("lost-answer", "")])
def test_call_without_an_answer_has_no_status_in_the_log(cloud, account, kind, code):
    cloud.faults.add(Fault("DescribeVpcs", kind))
    with pytest.raises(ConnectionLost):
        account.vpc("DescribeVpcs")
    record = cloud.access_log()[-1]
    assert (record.http_status, record.code, record.fault) == (0, code, f"{kind}#1")


@pytest.mark.parametrize("forget", ["clear", "reset"])
def test_faults_can_be_removed(cloud, account, forget):
    cloud.faults.add(Fault("*", "throttling"))
    cloud.reset() if forget == "reset" else cloud.faults.clear()
    assert cloud.faults.list() == ()


@pytest.mark.parametrize(
    ("given", "part"),
    [
        ({"kind": "explosion"}, "kind"),
        ({"action": "oss:*"}, "action"),
        ({"action": ""}, "action"),
        ({"action": "vpc:"}, "action"),
        ({"probability": 0}, "probability"),
        ({"probability": 1.1}, "probability"),
        ({"probability": float("nan")}, "probability"),
        ({"times": 0}, "times"),
        ({"delay_ms": -1}, "delay-ms"),
        ({"delay_ms": float("nan")}, "delay-ms"),
        ({"kind": "latency"}, "delay-ms"),
        ({"kind": "reset", "code": "Throttling"}, "code"),
    ],
)
def test_fault_that_makes_no_sense_is_refused(given, part):
    with pytest.raises(ValueError, match=f"^{part}: "):
        Fault(**{"action": "CreateVpc", "kind": "throttling", **given})


def test_pattern_that_matches_nothing_is_refused(cloud):
    with pytest.raises(ValueError, match=r"'vpc:RunInstances' matches no action"):
        cloud.faults.add(Fault("vpc:RunInstances", "throttling"))


def test_command_line_and_page_know_every_kind():
    assert tuple(KINDS) == FAULT_KINDS
    assert [kind for kind in KINDS if f"| `{kind}` |" not in PAGE] == []


def test_every_version_has_a_product(cloud):
    from provisioner.sandbox.actions.table import TABLE

    assert {version for version, _ in TABLE} == set(PRODUCTS.values())


@pytest.fixture
def connection(cloud, account) -> Iterator[Connection]:
    """Return the embedded provider's way to the cloud, with little patience."""
    return Connection(cloud, account.caller, "eu-central-1", Patience(repeat_seconds=0.05), threading.Lock())


def create(connection: Connection, **options: object) -> str:
    """Create a VPC as the provider does."""
    answer = connection.call(VPC, "CreateVpc", NEW_VPC, subject="alicloud_vpc", **options)  # type: ignore[arg-type] # forwarded
    return str(answer["VpcId"])


@pytest.mark.parametrize("kind", ["throttling", "unavailable", "internal-error", "reset", "lost-answer"])
def test_provider_repeats_what_the_real_one_repeats(cloud, connection, kind):
    cloud.faults.add(Fault("CreateVpc", kind, times=5))
    create(connection)
    assert cloud.counts() == {"vpc": 1}


@pytest.mark.parametrize("kind", ["forbidden", "quota", "out-of-stock"])
def test_provider_gives_up_at_once_where_the_real_one_does(cloud, connection, kind):
    cloud.faults.add(Fault("CreateVpc", kind))
    with pytest.raises(ServiceRefused):
        create(connection)
    assert cloud.faults.list()[0].hits == 1


def test_provider_does_not_repeat_without_end(cloud, connection):
    cloud.faults.add(Fault("CreateVpc", "throttling"))
    started = time.monotonic()
    with pytest.raises(ServiceRefused, match=r"Throttling\.User"):
        create(connection)
    assert time.monotonic() - started < 1


@pytest.mark.parametrize(("kind", "text"), [("reset", "connection reset by peer"), ("lost-answer", "EOF")])
def test_broken_connection_is_told_in_the_sdks_words(cloud, connection, kind, text):
    cloud.faults.add(Fault("CreateVpc", kind))
    with pytest.raises(CallUnanswered) as failure:
        create(connection)
    shown = failure.value.describe("resource_alicloud_vpc.go")
    assert 'Post "https://vpc.eu-central-1.aliyuncs.com/": ' in shown
    assert text in shown


@pytest.mark.parametrize(
    ("options", "calls"),
    [({}, 4), ({"client": Client.TYPED}, 1), ({"is_sent_once": True}, 1)],
    ids=["tea", "typed", "sent-once"],
)
def test_sdk_sends_a_failed_call_again_by_itself(cloud, connection, options, calls):
    cloud.faults.add(Fault("CreateVpc", "unavailable"))
    with pytest.raises(ServiceRefused):
        create(connection, repeat_transient=False, **options)
    assert cloud.faults.list()[0].hits == calls


def test_provider_waits_as_long_as_a_slow_state_takes(cloud):
    cloud.faults.add(Fault("CreateVpc", "slow-state", delay_ms=45_000))
    assert Patience.for_cloud(cloud).wait_seconds == 90


@pytest.fixture
def ask(account) -> Iterator[object]:
    """Return a function that sends a signed request over HTTP and returns status and body."""
    with serve_cloud(account.cloud) as server:
        host = server.url.partition("://")[2].rstrip("/")

        def run(action: str, **parameters: str) -> tuple[int, bytes]:
            given = {
                "Action": action,
                "Version": VPC,
                "RegionId": "eu-central-1",
                "AccessKeyId": "LTAIone",
                "SignatureMethod": "HMAC-SHA1",
                "SignatureVersion": "1.0",
                "SignatureNonce": f"{action}-{time.monotonic_ns()}",
                "Timestamp": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
                **parameters,
            }
            given["Signature"] = sign("GET", given, "secret-one")
            client = http.client.HTTPConnection(host, timeout=5)
            try:
                client.request("GET", f"/?{urlencode(given)}")
                answer = client.getresponse()
                return answer.status, answer.read()
            finally:
                client.close()

        yield run


def test_refusal_over_http_has_the_status_and_the_code(cloud, ask):
    cloud.faults.add(Fault("DescribeVpcs", "unavailable"))
    status, body = ask("DescribeVpcs")
    assert (status, b'"Code": "ServiceUnavailable"' in body) == (503, True)


def test_reset_over_http_is_a_reset(cloud, ask):
    cloud.faults.add(Fault("DescribeVpcs", "reset"))
    with pytest.raises(ConnectionResetError) as broken:
        ask("DescribeVpcs")
    assert not isinstance(broken.value, http.client.RemoteDisconnected)


def test_lost_answer_over_http_ends_the_connection(cloud, ask):
    cloud.faults.add(Fault("CreateVpc", "lost-answer", times=1))
    with pytest.raises(http.client.RemoteDisconnected):
        ask("CreateVpc", CidrBlock="10.250.0.0/16")
    assert cloud.counts() == {"vpc": 1}


def test_server_goes_on_after_a_reset(cloud, ask):
    cloud.faults.add(Fault("DescribeVpcs", "reset", times=1))
    with pytest.raises(ConnectionResetError):
        ask("DescribeVpcs")
    assert ask("DescribeVpcs")[0] == 200

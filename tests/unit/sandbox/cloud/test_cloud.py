"""The simulated cloud as a whole: accounts, tokens, states, counts, many threads and several processes."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from provisioner.sandbox.cloud import Caller, Cloud, Latency
from provisioner.sandbox.sandbox import open_cloud

VPC = "2016-04-28"
REGION = {"RegionId": "eu-central-1"}


def test_a_key_is_the_same_account_in_every_sandbox(tmp_path: Path) -> None:
    callers = []
    for name in ("one", "two"):
        cloud = open_cloud(tmp_path / name)
        callers.append(cloud.enroll("LTAIabc", "secret"))
        cloud.close()
    assert callers[0] == callers[1]
    assert len(callers[0].account_id) == 16


def test_a_known_key_with_another_secret_is_refused(account: Any, refused: Any) -> None:
    error = refused(account.cloud.enroll, "LTAIone", "something else")
    assert (error.code, error.http_status) == ("SignatureDoesNotMatch", 403)


def test_an_unknown_key_is_refused(cloud: Cloud, refused: Any) -> None:
    error = refused(cloud.caller, "LTAIunknown")
    assert (error.code, error.http_status) == ("InvalidAccessKeyId.NotFound", 404)
    assert cloud.secret_of("LTAIunknown") is None


def test_the_secret_can_be_asked_for_but_is_on_disk_nowhere(account: Any) -> None:
    assert account.cloud.secret_of("LTAIone") == "secret-one"
    assert b"secret-one" not in account.on_disk()


def test_files_are_readable_by_their_owner_only(account: Any) -> None:
    assert account.cloud.directory.stat().st_mode & 0o077 == 0


def test_an_unknown_action_is_refused_loudly(account: Any, refused: Any) -> None:
    error = refused(account.vpc, "CreateVpcs")
    assert (error.code, error.http_status) == ("InvalidAction.NotFound", 404)


def test_an_action_belongs_to_one_version(account: Any, refused: Any) -> None:
    assert refused(account.ecs, "CreateVpc").code == "InvalidAction.NotFound"


def test_every_call_is_logged_with_its_outcome(account: Any, refused: Any) -> None:
    made = account.vpc("CreateVpc", CidrBlock="10.0.0.0/8")
    error = refused(account.vpc, "DeleteVpc", VpcId="vpc-missing")
    log = [(one.action, one.http_status, one.code, one.request_id) for one in account.cloud.access_log()]
    assert log == [
        ("CreateVpc", 200, "", made["RequestId"]),
        ("DeleteVpc", 404, "InvalidVpcId.NotFound", error.request_id),
    ]


def test_the_same_token_repeats_the_first_answer(account: Any) -> None:
    answers = [account.vpc("CreateVpc", CidrBlock="10.0.0.0/8", ClientToken="token")["VpcId"] for _ in range(2)]
    assert answers[0] == answers[1]
    assert account.cloud.counts() == {"vpc": 1}


def test_the_same_token_with_other_parameters_is_refused(account: Any, refused: Any) -> None:
    account.vpc("CreateVpc", CidrBlock="10.0.0.0/8", ClientToken="token")
    error = refused(account.vpc, "CreateVpc", CidrBlock="10.0.0.0/9", ClientToken="token")
    assert error.code == "IdempotentParameterMismatch"


def test_a_refused_call_does_not_use_its_token_up(account: Any, refused: Any) -> None:
    refused(account.vpc, "CreateVpc", CidrBlock="100.64.0.0/16", ClientToken="token")
    assert account.vpc("CreateVpc", CidrBlock="10.0.0.0/8", ClientToken="token")["VpcId"]


def test_a_token_is_one_account_s_own(account: Any, other_account: Any) -> None:
    first = account.vpc("CreateVpc", CidrBlock="10.0.0.0/8", ClientToken="token")["VpcId"]
    assert other_account.vpc("CreateVpc", CidrBlock="10.0.0.0/8", ClientToken="token")["VpcId"] != first


def test_accounts_do_not_see_each_other(account: Any, other_account: Any, refused: Any) -> None:
    vpc_id = account.a_vpc()
    assert other_account.vpc("DescribeVpcs")["Vpcs"]["Vpc"] == []
    assert refused(other_account.vpc, "DeleteVpc", VpcId=vpc_id).http_status == 404


def test_regions_do_not_see_each_other(account: Any, refused: Any) -> None:
    vpc_id = account.a_vpc()
    account.region = "cn-hangzhou"
    assert refused(account.vpc, "DescribeVpcAttribute", VpcId=vpc_id).code == "InvalidVpcId.NotFound"


def test_an_unknown_region_is_refused(account: Any, refused: Any) -> None:
    account.region = "eu-central-9"
    error = refused(account.vpc, "CreateVpc", CidrBlock="10.0.0.0/8")
    assert (error.code, error.http_status) == ("InvalidRegionId.NotFound", 404)


def test_what_is_stored_outlives_the_process_s_cloud(tmp_path: Path) -> None:
    first = open_cloud(tmp_path)
    caller = first.enroll("LTAIabc", "secret")
    made = first.call(caller, VPC, "CreateVpc", REGION)
    first.close()
    second = open_cloud(tmp_path)
    assert second.enroll("LTAIabc", "secret") == caller
    assert second.call(caller, VPC, "DescribeVpcAttribute", {**REGION, "VpcId": made["VpcId"]})["VpcId"]
    second.close()


def test_ids_depend_on_the_seed_alone(tmp_path: Path) -> None:
    ids = []
    for name, seed in (("one", "a"), ("two", "a"), ("three", "b")):
        cloud = open_cloud(tmp_path / name, seed=seed)
        ids.append(cloud.call(cloud.enroll("LTAI", "secret"), VPC, "CreateVpc", REGION)["VpcId"])
        cloud.close()
    assert ids[0] == ids[1] != ids[2]
    assert ids[0].startswith("vpc-gw8")


def test_a_reset_empties_the_cloud_but_never_repeats_an_id(account: Any) -> None:
    first = account.a_vpc()
    account.cloud.reset()
    assert account.cloud.counts() == {}
    assert account.cloud.access_log() == []
    assert account.a_vpc() != first


def test_every_cloud_has_an_id_of_its_own_that_stays(tmp_path: Path) -> None:
    """Whatever the seed, which is the same in most of them."""
    ids = []
    for name in ("one", "two", "one"):
        cloud = open_cloud(tmp_path / name)
        ids.append(cloud.id)
        cloud.close()
    assert ids[0] == ids[2] != ids[1]
    assert re.fullmatch("sandbox-[0-9a-f]{12}", ids[0])


def test_a_reset_makes_another_cloud_also_for_other_processes(account: Any) -> None:
    another = open_cloud(account.cloud.directory)
    before = another.id
    account.cloud.reset()
    assert another.id == account.cloud.id != before
    another.close()


def test_a_reset_by_another_process_locks_no_caller_out(account: Any) -> None:
    another = open_cloud(account.cloud.directory)
    another.reset()
    assert another.secret_of("LTAIone") is None
    assert account.cloud.secret_of("LTAIone") == "secret-one"
    assert account.cloud.caller("LTAIone") == account.caller
    another.close()


def test_a_reset_restores_the_quotas(account: Any) -> None:
    account.cloud.set_quota("vpc", 0)
    account.cloud.reset()
    assert account.a_vpc()


@pytest.mark.parametrize(
    ("name", "limit", "text"), [("vpcs", 1, "name: 'vpcs' is not one of"), ("vpc", -1, "value: -1")]
)
def test_a_quota_that_makes_no_sense_is_refused(cloud: Cloud, name: str, limit: int, text: str) -> None:
    with pytest.raises(ValueError, match=text):
        cloud.set_quota(name, limit)


def test_quotas_are_listed_with_what_was_changed(cloud: Cloud) -> None:
    before = cloud.quotas()
    cloud.set_quota("vpc", 3)
    assert cloud.quotas() == {**before, "vpc": 3}


def test_what_is_deleted_does_not_count_any_more(account: Any, refused: Any) -> None:
    account.cloud.set_quota("vpc", 1)
    account.vpc("DeleteVpc", VpcId=account.a_vpc())
    account.a_vpc()
    assert refused(account.vpc, "CreateVpc", CidrBlock="10.0.0.0/8").code == "QuotaExceeded.Vpc"


def test_what_another_cloud_in_the_folder_changes_is_read_at_once(account: Any) -> None:
    another = open_cloud(account.cloud.directory, settle_ms=0, clock=account.clock)
    vpc_id = account.a_vpc()
    for name in ("one", "two"):
        assert account.vpc("DescribeVpcAttribute", VpcId=vpc_id)["VpcName"] != name
        request = {"RegionId": account.region, "VpcId": vpc_id, "VpcName": name}
        another.call(account.caller, VPC, "ModifyVpcAttribute", request)
        assert account.vpc("DescribeVpcAttribute", VpcId=vpc_id)["VpcName"] == name
    another.close()


def test_an_answer_belongs_to_its_caller(account: Any) -> None:
    vpc_id = account.a_vpc(UserCidr="10.1.0.0/16")
    for _ in range(2):
        answer = account.vpc("DescribeVpcAttribute", VpcId=vpc_id)
        assert answer["UserCidrs"]["UserCidr"] == ["10.1.0.0/16"]
        answer["UserCidrs"]["UserCidr"].append("changed")


def test_a_quota_can_be_changed(account: Any, refused: Any) -> None:
    account.cloud.set_quota("vpc", 1)
    account.a_vpc()
    error = refused(account.vpc, "CreateVpc", CidrBlock="10.0.0.0/8")
    assert (error.code, error.message) == ("QuotaExceeded.Vpc", "VPC quota exceeded.")


def test_a_call_takes_the_configured_latency(tmp_path: Path) -> None:
    cloud = open_cloud(tmp_path, latency=Latency(cloud_ms=30))
    caller = cloud.enroll("LTAI", "secret")
    started = time.monotonic()
    cloud.call(caller, VPC, "DescribeVpcs", REGION)
    assert time.monotonic() - started >= 0.03
    cloud.close()


def test_calls_wait_side_by_side(tmp_path: Path) -> None:
    cloud = open_cloud(tmp_path, latency=Latency(cloud_ms=100))
    caller = cloud.enroll("LTAI", "secret")
    started = time.monotonic()
    with ThreadPoolExecutor(10) as pool:
        list(pool.map(lambda _: cloud.call(caller, VPC, "CreateVpc", REGION), range(10)))
    assert time.monotonic() - started < 0.7
    cloud.close()


def test_latency_comes_from_the_environment() -> None:
    assert Latency.from_environment({"PROVISION_SANDBOX_LATENCY": "cloud=100,oss=10"}) == Latency(100, 10)
    assert Latency.from_environment({}) == Latency(0, 0)


@pytest.mark.parametrize("text", ["100", "cloud=fast", "disk=1", "cloud=-1"])
def test_a_latency_that_makes_no_sense_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="PROVISION_SANDBOX_LATENCY"):
        Latency.from_environment({"PROVISION_SANDBOX_LATENCY": text})


def test_ten_threads_create_exactly_what_they_asked_for(account: Any) -> None:
    vpc_id = account.a_vpc()

    def create(number: int) -> str:
        return account.vpc("CreateVSwitch", VpcId=vpc_id, ZoneId="eu-central-1a", CidrBlock=f"10.250.{number}.0/24")[
            "VSwitchId"
        ]

    with ThreadPoolExecutor(10) as pool:
        ids = list(pool.map(create, range(40)))
    assert len(set(ids)) == 40
    assert account.cloud.counts()["vswitch"] == 40


def test_of_ten_overlapping_vswitches_at_once_one_is_made(account: Any) -> None:
    vpc_id = account.a_vpc()

    def create(_: int) -> str:
        try:
            account.vpc("CreateVSwitch", VpcId=vpc_id, ZoneId="eu-central-1a", CidrBlock="10.250.0.0/24")
        except Exception as error:
            return str(getattr(error, "code", error))
        return ""

    with ThreadPoolExecutor(10) as pool:
        codes = sorted(pool.map(create, range(10)))
    assert codes == ["", *["InvalidCidrBlock.Overlapped"] * 9]


_CREATES = """
import sys
from pathlib import Path
from provisioner.sandbox.sandbox import open_cloud
from provisioner.sandbox.sandbox import open_cloud

cloud = open_cloud(Path(sys.argv[1]))
caller = cloud.enroll("LTAI", "secret")
cloud.set_quota("vpc", 1000)
for _ in range(25):
    print(cloud.call(caller, "2016-04-28", "CreateVpc", {"RegionId": "eu-central-1"})["VpcId"])
cloud.close()
"""


def test_two_processes_share_one_cloud(tmp_path: Path) -> None:
    """Both open it for the first time at once, so creating files and tables is part of the race."""
    command = [sys.executable, "-W", "error", "-c", _CREATES, str(tmp_path / "shared")]
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    outputs = [process.communicate(timeout=60)[0].split() for process in processes]
    assert [process.returncode for process in processes] == [0, 0]
    assert len(set(outputs[0] + outputs[1])) == 50
    cloud = open_cloud(tmp_path / "shared")
    assert cloud.counts() == {"vpc": 50}
    assert len(cloud.access_log()) == 50
    cloud.close()


def test_a_call_is_quick(tmp_path: Path) -> None:
    cloud = open_cloud(tmp_path)
    caller = cloud.enroll("LTAI", "secret")
    vpc_id = cloud.call(caller, VPC, "CreateVpc", REGION)["VpcId"]
    started = time.process_time()
    for _ in range(100):
        cloud.call(caller, VPC, "DescribeVpcAttribute", {**REGION, "VpcId": vpc_id})
    assert (time.process_time() - started) / 100 < 0.001
    cloud.close()


def test_settling_can_be_set_by_the_environment(tmp_path: Path) -> None:
    cloud = open_cloud(tmp_path, environment={"PROVISION_SANDBOX_SETTLE_MS": "60000"})
    caller = cloud.enroll("LTAI", "secret")
    vpc_id = cloud.call(caller, VPC, "CreateVpc", REGION)["VpcId"]
    assert cloud.call(caller, VPC, "DescribeVpcAttribute", {**REGION, "VpcId": vpc_id})["Status"] == "Pending"
    cloud.close()


@pytest.mark.parametrize("text", ["soon", "-1", "nan", "inf"])
def test_a_settling_that_makes_no_sense_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(ValueError, match="PROVISION_SANDBOX_SETTLE_MS"):
        open_cloud(tmp_path, environment={"PROVISION_SANDBOX_SETTLE_MS": text})


def test_the_caller_s_identity_is_the_account(account: Any) -> None:
    identity = account.call("2015-04-01", "GetCallerIdentity")
    assert identity["AccountId"] == account.caller.account_id
    assert identity["Arn"] == f"acs:ram::{account.caller.account_id}:root"


def test_the_provider_s_probes_succeed(account: Any) -> None:
    assert account.call("2017-12-14", "QueryAvailableInstances")["Success"] is True
    endpoints = account.call("2015-06-12", "DescribeEndpoints", Id="eu-central-1", ServiceCode="vpc")
    assert endpoints["Endpoints"]["Endpoint"][0]["Endpoint"] == "127.0.0.1"


def test_a_failing_action_changes_nothing(account: Any, refused: Any) -> None:
    group = account.a_security_group(account.a_vpc())
    refused(
        account.ecs,
        "AuthorizeSecurityGroup",
        SecurityGroupId=group,
        Permissions__1__IpProtocol="tcp",
        Permissions__1__PortRange="22/22",
        Permissions__1__SourceCidrIp="0.0.0.0/0",
        Permissions__2__IpProtocol="tcp",
        Permissions__2__PortRange="0/22",
        Permissions__2__SourceCidrIp="0.0.0.0/0",
    )
    assert "security_group_rule" not in account.cloud.counts()


def test_a_caller_of_a_closed_cloud_is_told(tmp_path: Path) -> None:
    cloud = open_cloud(tmp_path)
    cloud.close()
    with pytest.raises(RuntimeError, match="closed"):
        cloud.counts()


def test_nothing_depends_on_the_umask(tmp_path: Path) -> None:
    previous = os.umask(0)
    try:
        cloud = open_cloud(tmp_path / "open")
    finally:
        os.umask(previous)
    cloud.close()
    modes = {path.name: path.stat().st_mode & 0o777 for path in (tmp_path / "open").iterdir()}
    assert modes["sealing.key"] == modes["access.jsonl"] == 0o600


def test_callers_compare_by_what_they_are() -> None:
    assert Caller("1", "key") == Caller("1", "key")

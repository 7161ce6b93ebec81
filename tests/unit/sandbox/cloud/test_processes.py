"""Several processes at one sandbox at once: every rule holds as if they had come one after the other."""

from __future__ import annotations

import multiprocessing
import signal
import subprocess
import sys
from collections import Counter
from ipaddress import IPv4Network
from itertools import combinations
from multiprocessing.synchronize import Barrier
from pathlib import Path

import pytest

from provisioner.sandbox.cloud import ActionError, Latency
from provisioner.sandbox.sandbox import open_cloud

VPC = "2016-04-28"
PROCESSES = 3
ROUNDS = 100
EIP_QUOTA = 20
VSWITCH_QUOTA = 12


def hammer(folder: str, vpc_id: str, number: int) -> tuple[list[str], Counter[str]]:
    """Create, describe and delete what the other processes create, describe and delete; return ids and refusals."""
    cloud = open_cloud(Path(folder), latency=Latency(), settle_ms=0)
    caller = cloud.enroll("LTAI", "secret")
    made: list[str] = []
    refused: Counter[str] = Counter()

    def call(action: str, **parameters: str) -> dict[str, object]:
        try:
            return cloud.call(caller, VPC, action, {"RegionId": "eu-central-1", **parameters})
        except ActionError as error:
            refused[error.code] += 1
            return {}

    for turn in range(ROUNDS):
        # Ranges of different lengths, so that two may overlap without being the same.
        cidr = f"10.0.{(turn + number) % 16 * 16}.0/{20 + turn % 3}"
        vswitch = call("CreateVSwitch", VpcId=vpc_id, ZoneId="eu-central-1a", CidrBlock=cidr).get("VSwitchId")
        address = call("AllocateEipAddress", Name=f"{number}-{turn}").get("AllocationId")
        call("DescribeVSwitches", VpcId=vpc_id, PageSize="50")
        made += [str(id) for id in (vswitch, address) if id]
        if vswitch and turn % 5 == 0:
            call("DeleteVSwitch", VSwitchId=str(vswitch))
        if address and turn % 5 == 0:
            call("ReleaseEipAddress", AllocationId=str(address))
    cloud.close()
    return made, refused


def wait(barrier: Barrier) -> None:
    """Wait for the other processes."""
    barrier.wait(timeout=30)


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory):
    """Let the processes run once, and return the cloud they leave with what each of them saw."""
    folder = tmp_path_factory.mktemp("shared")
    cloud = open_cloud(folder, latency=Latency(), settle_ms=0)
    caller = cloud.enroll("LTAI", "secret")
    cloud.set_quota("eip", EIP_QUOTA)
    cloud.set_quota("vswitch", VSWITCH_QUOTA)
    vpc_id = cloud.call(caller, VPC, "CreateVpc", {"RegionId": "eu-central-1", "CidrBlock": "10.0.0.0/16"})["VpcId"]
    spawn = multiprocessing.get_context("spawn")
    # All start together; otherwise the first has finished before the last one's imports.
    with spawn.Pool(PROCESSES, initializer=wait, initargs=(spawn.Barrier(PROCESSES),)) as pool:
        seen = pool.starmap(hammer, [(str(folder), vpc_id, number) for number in range(PROCESSES)], chunksize=1)
    yield cloud, seen
    cloud.close()


def test_no_id_is_given_twice(outcome) -> None:
    _, seen = outcome
    ids = [id for made, _ in seen for id in made]
    assert len(ids) == len(set(ids))


def test_quotas_are_exact(outcome) -> None:
    cloud, _ = outcome
    assert (cloud.counts()["eip"], cloud.counts()["vswitch"]) == (EIP_QUOTA, VSWITCH_QUOTA)


def test_no_two_vswitches_overlap(outcome) -> None:
    cloud, _ = outcome
    request = {"RegionId": "eu-central-1", "PageSize": "50"}
    vswitches = cloud.call(cloud.caller("LTAI"), VPC, "DescribeVSwitches", request)["VSwitches"]["VSwitch"]
    ranges = [IPv4Network(vswitch["CidrBlock"]) for vswitch in vswitches]
    assert not [pair for pair in combinations(ranges, 2) if pair[0].overlaps(pair[1])]


def test_no_call_is_refused_for_another_reason(outcome) -> None:
    _, seen = outcome
    codes = {code for _, refused in seen for code in refused}
    assert codes <= {"InvalidCidrBlock.Overlapped", "QuotaExceeded.VSwitch", "QuotaExceeded.Eip"}


def test_every_call_is_logged_whole(outcome) -> None:
    cloud, _ = outcome
    actions = Counter(record.action for record in cloud.access_log())
    assert actions["CreateVSwitch"] == actions["AllocateEipAddress"] == PROCESSES * ROUNDS


_CREATES_AND_DIES = """
import os, signal, sys
from pathlib import Path
from provisioner.sandbox.sandbox import open_cloud
from provisioner.sandbox.sandbox import open_cloud

cloud = open_cloud(Path(sys.argv[1]))
caller = cloud.enroll("LTAI", "secret")
made = cloud.call(caller, "2016-04-28", "CreateVpc", {"RegionId": "eu-central-1"})
os.write(1, made["VpcId"].encode())
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_was_answered_outlives_a_killed_process_and_is_seen_at_once(tmp_path: Path) -> None:
    cloud = open_cloud(tmp_path, latency=Latency())
    caller = cloud.enroll("LTAI", "secret")
    request = {"RegionId": "eu-central-1"}
    assert cloud.call(caller, VPC, "DescribeVpcs", request)["TotalCount"] == 0
    done = subprocess.run(
        [sys.executable, "-c", _CREATES_AND_DIES, str(tmp_path)], stdout=subprocess.PIPE, text=True, check=False
    )
    assert done.returncode == -signal.SIGKILL
    (vpc,) = cloud.call(caller, VPC, "DescribeVpcs", request)["Vpcs"]["Vpc"]
    assert vpc["VpcId"] == done.stdout
    cloud.close()

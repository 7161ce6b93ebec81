"""Kills while a shoot moves into the user's network leak nothing there and take nothing from the user."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from tests.crash.kill_points import Point, When
from tests.crash.processes import family_of, kill_all
from tests.e2e.conftest import Provision, access_key, caller_of
from tests.e2e.network_variants import NETWORK_VARIANTS
from tests.e2e.user_network import describe
from tests.e2e.variants import Variant
from tests.spreads import spread

pytestmark = pytest.mark.timeout(300)

_VARIANTS = {variant.name: variant for variant in NETWORK_VARIANTS}
_GUEST = "the user's VPC, charged by bandwidth"
_TABLE = "dual stack in the user's VPC"
_OWN = "dual stack and own route table"
_STOP_SECONDS = 60
_CALLS = [
    (_GUEST, "AssociateEipAddress"),
    (_GUEST, "CreateSnatEntry"),
    (_TABLE, "CreateRouteTable"),
    (_TABLE, "CreateRouteEntry"),
    (_TABLE, "AssociateRouteTable"),
    (_OWN, "CreateIpv6Gateway"),
]
_SIDES: tuple[When, ...] = ("before", "after")
_KILLS = [(*call, when) for call in _CALLS for when in _SIDES]


@pytest.fixture
def provision(tmp_path: Path) -> Provision:
    return Provision(tmp_path)


def kill_at(provision: Provision, file: Path, point: Point) -> None:
    """Apply until the point, and kill all processes of the run there."""
    stop, marker = provision.folder / "stop.json", provision.folder / "stopped"
    stop.write_text(json.dumps(point.document(marker)))
    run = subprocess.Popen(
        [sys.executable, "-m", "provisioner", "apply", str(file), "--sandbox"],
        env={**os.environ, **provision.variables, "PROVISION_SANDBOX_STOP": str(stop), "PROVISION_LEASE_TTL": "2"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    until = time.monotonic() + _STOP_SECONDS
    while not marker.exists():
        assert run.poll() is None, "the point was never reached"
        assert time.monotonic() < until
        time.sleep(0.01)
    kill_all(family_of(run))
    run.wait()


@pytest.mark.parametrize("kill", spread(_KILLS, 1), ids="-".join)
def test_run_elsewhere_finds_everything(provision: Provision, kill: tuple[str, str, When]) -> None:
    name, action, when = kill
    variant: Variant = _VARIANTS[name]
    with closing(provision.cloud()) as cloud:
        caller = cloud.enroll(*access_key())
        ids = variant.user.make(cloud, caller) if variant.user else {}
        foreign, others = describe(cloud, caller), cloud.counts()
    file, _ = variant.write(provision.folder, ids)
    # Of two addresses, take the one that proves nothing by itself: the user owns it, and the gateway as well.
    match = (("AllocationId", f"^{ids['$eip0']}$"),) if action == "AssociateEipAddress" else ()
    kill_at(provision, file, Point(action, when, match))

    # On another machine nothing proves that the killed run is dead, and its folders are missing.
    provision.environment = {"PROVISION_WORK_DIR": str(provision.folder / "elsewhere")}
    provision.ok("apply", file, "--lock-timeout", "60s")
    expected = {
        kind: variant.before.counts.get(kind, 0) + others.get(kind, 0) for kind in variant.before.counts | others
    }
    assert provision.counts() == expected
    assert provision("plan", file).code == 0
    provision.ok("destroy", file)
    with closing(provision.cloud()) as cloud:
        assert (cloud.counts(), describe(cloud, caller_of(cloud))) == (others, foreign)

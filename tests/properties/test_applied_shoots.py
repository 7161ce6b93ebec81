"""
Generated shoots in the sandbox: applied, planned without a change, destroyed, and nothing is left.

With the embedded provider. `scale.py` says how to have more of them, or others.
"""

from __future__ import annotations

from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis.strategies import SearchStrategy

from provisioner.sandbox.sandbox import open_cloud
from tests.properties.command import Done, provision
from tests.properties.scale import examine, share
from tests.properties.shoots import GeneratedShoot, shoots
from tests.spreads import spread

SHOOTS = 40
CHUNKS = 16
OWN_RULES = 7
"""Rules of a security group that do not depend on the shoot."""
MOST_ZONES, MOST_POOLS, MOST_MACHINES = 3, 3, 4


@pytest.fixture
def sandbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder of a sandbox; refusals there are for good."""
    monkeypatch.setenv("PROVISION_RETRY_BUDGET", "2")
    monkeypatch.setenv("PROVISION_RETRY_WAIT", "0.05")
    return tmp_path / "sandbox"


@pytest.mark.parametrize("chunk", spread(range(CHUNKS), 1))
def test_a_generated_shoot_is_applied_and_destroyed(chunk: int, sandbox: Path, tmp_path: Path) -> None:
    file = tmp_path / "manifests.yaml"

    def run(command: str) -> Done:
        done = provision(command, file, "--sandbox", "--sandbox-dir", sandbox)
        assert done.code == 0, done.out + done.err
        return done

    def check(shoot: GeneratedShoot) -> None:
        file.write_text(shoot.text)
        applied = run("apply")
        assert counts(sandbox) == expected(shoot)
        planned = run("plan")
        destroyed = run("destroy")
        assert counts(sandbox) == {}
        assert [text for text in shoot.secrets for done in (applied, planned, destroyed) if text in done.printed] == []

    count = share(SHOOTS, CHUNKS)
    assert examine(small_shoots(), check, chunk=chunk, count=count, shrinks=False) >= count


def small_shoots() -> SearchStrategy[GeneratedShoot]:
    """Return shoots that a sandbox creates quickly."""
    return shoots(most_zones=MOST_ZONES, most_pools=MOST_POOLS, most_machines=MOST_MACHINES)


def counts(sandbox: Path) -> dict[str, int]:
    """Return what there is in the sandbox."""
    with closing(open_cloud(sandbox)) as cloud:
        return dict(cloud.counts())


def expected(shoot: GeneratedShoot) -> dict[str, int]:
    """Return what there has to be of a shoot."""
    zones = len(shoot.network.ranges)
    groups = sum(len(pool["zones"]) for pool in shoot.pools)
    has_table = bool(shoot.network.config["networks"]["vpc"].get("useCustomRouteTable"))
    found = Counter(
        eip=zones,
        instance=0 if shoot.is_hibernated else sum(pool["minimum"] for pool in shoot.pools),
        ipv6_gateway=int(shoot.network.has_ipv6),
        key_pair=int(shoot.has_ssh_key),
        nat_gateway=1,
        route_entry=(1 + shoot.network.has_ipv6) * has_table,
        route_table=int(has_table),
        scaling_configuration=groups,
        scaling_group=groups,
        security_group=1,
        security_group_rule=OWN_RULES + ("pods" in shoot.network.networking),
        snat_entry=zones,
        vpc=1,
        vswitch=zones,
    )
    return {kind: count for kind, count in found.items() if count}

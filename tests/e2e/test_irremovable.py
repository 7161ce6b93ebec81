"""What Auto Scaling cannot take away from a pool: it is asked about at once, or stays, and no plan is never done."""

from __future__ import annotations

import pytest

from tests.e2e.conftest import Provision
from tests.e2e.shoot_sandbox import ShootSandbox
from tests.e2e.test_statuses import changed, write
from tests.e2e.variants import POOLS, Change, no_ssh, put, seed_objects, take
from tests.spreads import LONG


@pytest.mark.parametrize(
    ("change", "path"),
    [
        (take("general-user-data"), "spec.provider.workers[0]: machines of pool 'general' start with user data"),
        (put(f"{POOLS}/1/dataVolumes", []), "spec.provider.workers[1].dataVolumes: pool 'database' has data volumes"),
    ],
)
@pytest.mark.parametrize("command", ["plan", "apply"])
def test_what_a_pool_cannot_lose_is_told_before_anything_changes(
    provision: Provision, command: str, change: Change, path: str
) -> None:
    provision.begin_applied(write(provision, "before.yaml", changed()))
    after = write(provision, "after.yaml", changed(change, put(f"{POOLS}/0/maximum", 9)))
    refused = provision(command, after)
    assert refused.code == 3
    assert f"Shoot/canary: {path}" in refused.err
    assert provision("plan", provision.folder / "before.yaml").code == 0


def test_a_worker_is_told_where_its_user_data_is_missing(provision: Provision) -> None:
    provision.begin_applied(write(provision, "before.yaml", changed()))
    after = write(provision, "after.yaml", changed(seed_objects, take("Worker/spec/pools/0/userDataSecretRef")))
    refused = provision("plan", after)
    assert refused.code == 3
    assert "Worker/canary: spec.pools[0].userDataSecretRef: machines of pool 'general' start with" in refused.err


@pytest.mark.parametrize("form", [None, pytest.param(seed_objects, marks=LONG)], ids=["Shoot", "seed"])
def test_a_key_pair_that_pools_have_stays_when_ssh_access_ends(provision: Provision, form: Change | None) -> None:
    forms = [form] if form else []
    provision.begin_applied(write(provision, "before.yaml", changed(*forms)))
    changes = [no_ssh] if form is None else [seed_objects, take("Infrastructure/spec/sshPublicKey")]
    after = write(provision, "after.yaml", changed(*changes, *([] if form else [put(f"{POOLS}/0/maximum", 9)])))
    applied = provision.ok("apply", after)
    assert "spec.sshPublicKey: key pair shoot--demo--canary-ssh-publickey stays" in applied.err + applied.out
    assert provision.counts()["key_pair"] == 1
    assert provision("plan", after).code == 0
    provision.ok("destroy", after)
    assert provision.counts() == {}


@LONG
def test_an_adopted_key_pair_stays_although_its_key_cannot_be_read(provision: Provision) -> None:
    provision.begin_applied(write(provision, "before.yaml", changed()))
    ShootSandbox(provision).lose()
    after = write(provision, "after.yaml", changed(no_ssh))
    adopted = provision.ok("adopt", after, "--yes")
    assert "key pair shoot--demo--canary-ssh-publickey stays" in adopted.err + adopted.out
    assert provision("plan", after).code == 0


@LONG
def test_a_key_pair_goes_with_the_last_pool_that_has_it(provision: Provision) -> None:
    provision.begin_applied(write(provision, "before.yaml", changed()))
    provision.ok("apply", write(provision, "none.yaml", changed(put(POOLS, []))), "--allow-replace")
    after = write(provision, "after.yaml", changed(no_ssh, put(POOLS, [])))
    provision.ok("apply", after)
    assert "key_pair" not in provision.counts()

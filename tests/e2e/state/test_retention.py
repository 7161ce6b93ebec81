"""Old versions: when they go, and when they stay."""

from __future__ import annotations

import oss2

from provisioner.sandbox.oss import serve_oss
from provisioner.state import Lease, StateLog
from provisioner.state.retention import EVERY
from tests.e2e.conftest import ENTRY, Provision, caller_of, open_bucket
from tests.e2e.state.log import events, versions


def let_it_be_the_next_runs_turn(provision: Provision, root: str) -> None:
    """Let other runs come and go until the next one has to look for old versions."""
    with open_bucket(provision) as store:
        log = StateLog(store, ENTRY, root)
        while True:
            lease = Lease.acquire(log, "run-other", "apply", "elsewhere", renewing=False)
            lease.release("clean")
            if (lease.number + 2) % EVERY < 2:
                return


KEEP_ONE = {"PROVISION_STATE_KEEP_VERSIONS": "1", "PROVISION_STATE_KEEP_DAYS": "0"}


def test_old_versions_go_at_the_end_of_an_apply(applied):
    newest = versions(applied, "infrastructure")[-1]
    let_it_be_the_next_runs_turn(applied, "infrastructure")
    done = applied("apply", applied.folder / "changed.yaml", **KEEP_ONE)
    assert (done.code, versions(applied, "infrastructure")) == (0, [newest])
    assert [event.event for event in events(applied)][-2:] == ["acquire", "release"]


def test_old_versions_stay_in_a_bucket_with_a_retention_policy(applied):
    before = versions(applied, "infrastructure")
    let_it_be_the_next_runs_turn(applied, "infrastructure")
    cloud = applied.cloud()
    key = caller_of(cloud).access_key_id
    server = serve_oss(applied.folder / "sandbox", cloud.secret_of, lambda key: cloud.caller(key).account_id)
    oss2.Bucket(oss2.Auth(key, cloud.secret_of(key)), server.url, "demo-garden-backups").init_bucket_worm(1)
    server.close()
    cloud.close()
    done = applied("apply", applied.folder / "changed.yaml", **KEEP_ONE)
    assert (done.code, done.err, versions(applied, "infrastructure")) == (0, "", before)

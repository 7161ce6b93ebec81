"""`provision state`: looking at the log, mending it, and what a run says to a log that needs mending."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import oss2
import pytest

from provisioner.errors import StateError
from provisioner.objectstore import StoredObject
from provisioner.sandbox.oss import serve_oss
from provisioner.state import Lease, LeaseEvent, StateLog
from provisioner.state.document import StateDocument
from provisioner.state.retention import EVERY
from tests.e2e.conftest import ENTRY, EXAMPLE, Provision, caller_of, open_bucket
from tests.e2e.test_consent import PROGRAM, Terminal
from tests.e2e.test_interruption import read_until, start
from tests.e2e.test_main_job import EXPECTED

FOREIGN = "shoot--demo--other--11111111-2222-3333-4444-555555555555"
ROOTS = ("infrastructure", "worker")
CONFIGURATION = 'module.worker_pool["general"].alicloud_ess_scaling_configuration.nodes["eu-central-1a"]'


@pytest.fixture(scope="module")
def applied_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the sandbox as an apply left it, and then one that changed a pool."""
    first = Provision(tmp_path_factory.mktemp("applied"))
    first.ok("apply", EXAMPLE)

    def raise_maximum(shoot: dict[str, Any]) -> None:
        shoot["spec"]["provider"]["workers"][0]["maximum"] = "9"

    first.ok("apply", first.write("changed.yaml", raise_maximum))
    return first.folder


@pytest.fixture
def applied(applied_folder: Path, tmp_path: Path) -> Provision:
    """Return the command with a copy of that sandbox."""
    for name in ("sandbox", "cache"):
        if (applied_folder / name).exists():
            shutil.copytree(applied_folder / name, tmp_path / name)
    shutil.copy(applied_folder / "changed.yaml", tmp_path)
    return Provision(tmp_path)


def versions(provision: Provision, root: str) -> list[int]:
    """Return the numbers of the versions, read behind the program's back."""
    with open_bucket(provision) as store:
        return [info.number for info in StateLog(store, ENTRY, root).history()]


def stored(provision: Provision, root: str, number: int) -> StoredObject:
    with open_bucket(provision) as store:
        return StateLog(store, ENTRY, root).raw(number)


def put(provision: Provision, root: str, change: Callable[[dict[str, Any]], object] | bytes) -> int:
    """Put a next version by hand, made from the newest one; return the number of the newest before it."""
    newest = versions(provision, root)[-1]
    if isinstance(change, bytes):
        body = change
    else:
        state = json.loads(stored(provision, root, newest).body)
        change(state)
        body = json.dumps(state).encode()
    with open_bucket(provision) as store:
        store.put_if_absent(StateLog(store, ENTRY, root).states.key(newest + 1), body, {})
    return newest


@contextmanager
def held(provision: Provision, root: str = "infrastructure") -> Iterator[Lease]:
    """Hold a lease as another run does."""
    with open_bucket(provision) as store:
        yield Lease.acquire(StateLog(store, ENTRY, root), "run-other", "apply", "elsewhere")


def events(provision: Provision, root: str = "infrastructure") -> list[LeaseEvent]:
    with open_bucket(provision) as store:
        keys = [info.key for info in store.list(f"{ENTRY}/provisioner/{root}/lock/")]
        return [LeaseEvent.from_json(store.get(key).body, key) for key in keys]


# Looking


def test_history_says_who_did_what_and_what_changed(applied):
    document = applied.ok("state", "history", EXAMPLE, "-o", "json").document
    by_root = {root: [entry for entry in document["versions"] if entry["root"] == root] for root in ROOTS}
    *_, before, newest = by_root["worker"]
    assert newest["number"] == before["number"] + 1
    assert (newest["operation"], newest["resources"], bool(newest["host"])) == ("apply", 10, True)
    # How many versions a run stores is a matter of time.
    of_the_run = [entry for entry in by_root["worker"] if entry["run"] == newest["run"]]
    sums = {name: sum(entry[name] for entry in of_the_run) for name in ("added", "removed", "changed")}
    assert (sums["added"], sums["removed"], sums["changed"] > 0) == (0, 0, True)
    assert newest["run"].startswith("run-")
    assert sum(entry["added"] for entry in by_root["infrastructure"]) == 24


def test_diff_shows_what_changed_attribute_by_attribute(applied):
    newest = versions(applied, "worker")[-1]
    run = stored(applied, "worker", newest).metadata["run"]
    before = max(it for it in versions(applied, "worker") if stored(applied, "worker", it).metadata["run"] != run)
    diff = applied.ok("state", "diff", EXAMPLE, before, "--root", "worker", "-o", "json").document
    changed = {item["address"]: item["attributes"] for item in diff["resources"]}
    group = changed['module.worker_pool["general"].alicloud_ess_scaling_group.nodes["eu-central-1a"]']
    assert group["max_size"]["old"] < group["max_size"]["new"]
    assert (diff["from"]["number"], diff["to"]["number"]) == (before, newest)


def test_diff_of_two_numbers_goes_the_way_that_is_asked(applied):
    newest = versions(applied, "infrastructure")[-1]
    forth = applied.ok("state", "diff", EXAMPLE, 1, newest).out
    back = applied.ok("state", "diff", EXAMPLE, newest, 1).out
    assert (forth.count("\n  + "), back.count("\n  - ")) == (back.count("\n  - "), forth.count("\n  + "))
    assert f"from version {newest} to version 1: 0 added" in back


def test_diff_masks_what_is_sensitive_unless_asked(applied):
    def change(state: dict[str, Any]) -> None:
        state["serial"] += 1
        for resource in state["resources"]:
            for instance in resource["instances"]:
                if "user_data" in instance["attributes"]:
                    instance["attributes"]["user_data"] = "bmV3IHNlY3JldA=="

    before = put(applied, "worker", change)
    masked = applied.ok("state", "diff", EXAMPLE, before, "--root", "worker").out
    assert ("bmV3IHNlY3JldA==" in masked, 'user_data: "(sensitive value)" -> "(sensitive value)"' in masked) == (
        False,
        True,
    )
    assert "bmV3IHNlY3JldA==" in applied.ok("state", "diff", EXAMPLE, before, "--root", "worker", "--reveal").out


def test_diff_without_a_number_is_refused(applied):
    assert applied("state", "diff", EXAMPLE).code == 3


def test_show_takes_one_address(applied):
    document = applied.ok("state", "show", EXAMPLE, CONFIGURATION, "-o", "json").document
    assert [item["address"] for item in document["resources"]] == [CONFIGURATION]
    assert document["resources"][0]["attributes"]["user_data"] == "(sensitive value)"


def test_show_and_list_look_at_a_former_version(applied):
    listed = applied.ok("state", "list", EXAMPLE, "--number", "1", "--root", "worker", "-o", "json").document
    shown = applied.ok("state", "show", EXAMPLE, "--number", "1", "--root", "worker", "-o", "json").document
    state = json.loads(stored(applied, "worker", 1).body)
    expected = sum(len(resource["instances"]) for resource in state["resources"])
    assert (len(listed["resources"]), len(shown["resources"])) == (expected, expected)


def test_pull_masks_what_is_sensitive_unless_asked(applied):
    masked = applied.ok("state", "pull", EXAMPLE, "--root", "worker", "-o", "json").document
    values = {
        instance["attributes"].get("user_data")
        for resource in masked["resources"]
        for instance in resource["instances"]
    }
    assert "(sensitive value)" in values
    newest = stored(applied, "worker", versions(applied, "worker")[-1])
    assert applied.ok("state", "pull", EXAMPLE, "--root", "worker", "--reveal").out.encode() == newest.body


# A state that is bad


def cut(provision: Provision) -> int:
    return put(provision, "infrastructure", b'{"version": 4, "serial": 99, "lineage"')


def other_lineage(provision: Provision) -> int:
    return put(provision, "infrastructure", lambda state: state.update(lineage="of-something-else", serial=99))


def older_serial(provision: Provision) -> int:
    return put(provision, "infrastructure", lambda state: state.update(serial=state["serial"] - 1))


def newer_format(provision: Provision) -> int:
    return put(provision, "infrastructure", lambda state: state.update(version=5, serial=99))


def newer_terraform(provision: Provision) -> int:
    return put(provision, "infrastructure", lambda state: state.update(terraform_version="1.99.0", serial=99))


def of_another_owner(provision: Provision) -> int:
    def change(state: dict[str, Any]) -> None:
        text = (
            json.dumps(state["resources"]).replace(ENTRY, FOREIGN).replace("shoot--demo--canary", "shoot--demo--other")
        )
        state.update(resources=json.loads(text), serial=99)

    return put(provision, "infrastructure", change)


def with_names_of_another(provision: Provision) -> int:
    def change(state: dict[str, Any]) -> None:
        for resource in state["resources"]:
            for instance in resource["instances"]:
                instance["attributes"].pop("tags", None)
        text = json.dumps(state["resources"]).replace("shoot--demo--canary", "shoot--demo--other")
        state.update(resources=json.loads(text), serial=99)

    return put(provision, "infrastructure", change)


BAD = {
    cut: "is not complete JSON",
    other_lineage: "it has lineage of-something-else",
    older_serial: "is older than",
    newer_format: "has format 5, which a newer terraform wrote",
    newer_terraform: "terraform 1.99.0 wrote the newest version",
    of_another_owner: f"its resources belong to {FOREIGN}",
    with_names_of_another: "it holds shoot--demo--other-",
}


@pytest.mark.parametrize("spoil", BAD, ids=lambda spoil: spoil.__name__)
def test_bad_state_is_refused_before_anything_changes_and_a_good_version_named(applied, spoil):
    good = spoil(applied)
    before = applied.counts()
    refused = applied("apply", applied.folder / "changed.yaml")
    assert (refused.code, BAD[spoil] in refused.err) == (1, True), refused.err
    assert f"provision state rollback FILE... --root infrastructure --to {good}" in refused.err
    assert applied.counts() == before
    assert versions(applied, "infrastructure")[-1] == good + 1, "nothing was appended"


@pytest.mark.parametrize("command", ["plan", "destroy"])
@pytest.mark.parametrize("spoil", [other_lineage, of_another_owner], ids=lambda spoil: spoil.__name__)
def test_other_commands_refuse_it_too(applied, spoil, command):
    spoil(applied)
    before = applied.counts()
    refused = applied(command, applied.folder / "changed.yaml")
    assert (refused.code, BAD[spoil] in refused.err, applied.counts()) == (1, True, before)


@pytest.mark.parametrize("spoil", [cut, other_lineage, of_another_owner], ids=lambda spoil: spoil.__name__)
def test_the_rollback_that_is_named_mends_it(applied, spoil):
    good = spoil(applied)
    applied.ok("state", "rollback", EXAMPLE, "--root", "infrastructure", "--to", good)
    applied.ok("apply", applied.folder / "changed.yaml")
    assert applied("plan", applied.folder / "changed.yaml").code == 0
    assert applied.counts() == EXPECTED


# Rollback


def ids(version):
    """The ids that a stored version lists."""
    return {instance.id for instance in StateDocument(json.loads(version.body)).instances()}


def test_rollback_lists_what_the_cloud_holds_beyond_and_the_next_apply_takes_it_back(applied):
    # How much of the first apply is in the first version is a matter of time.
    missing = ids(stored(applied, "infrastructure", versions(applied, "infrastructure")[-1])) - ids(
        stored(applied, "infrastructure", 1)
    )
    done = applied.ok("state", "rollback", EXAMPLE, "--root", "infrastructure", "--to", "1", "-o", "json").document
    newest = stored(applied, "infrastructure", done["number"])
    assert (newest.metadata["operation"], newest.metadata["serial"]) == ("rollback", str(done["serial"]))
    # The rule for pods is not told: a rollback does not read their range.
    assert {item["id"] for item in done["beyond"]} == {id for id in missing if ":all:" not in id} != set()
    applied.ok("apply", applied.folder / "changed.yaml")
    assert applied.counts() == EXPECTED
    assert applied("plan", applied.folder / "changed.yaml").code == 0


def test_serial_after_a_rollback_is_higher_than_any_before(applied):
    serials = [int(stored(applied, "worker", number).metadata["serial"]) for number in versions(applied, "worker")]
    done = applied.ok("state", "rollback", EXAMPLE, "--root", "worker", "--to", "1", "-o", "json").document
    assert done["serial"] == max(serials) + 1


@pytest.mark.parametrize("spoil", [cut, other_lineage, of_another_owner], ids=lambda spoil: spoil.__name__)
def test_rollback_to_a_bad_version_is_refused(applied, spoil):
    bad = spoil(applied) + 1
    refused = applied("state", "rollback", EXAMPLE, "--root", "infrastructure", "--to", bad)
    assert (refused.code, versions(applied, "infrastructure")[-1]) == (1, bad)


def test_rollback_to_a_version_that_is_not_there_is_refused(applied):
    refused = applied("state", "rollback", EXAMPLE, "--root", "infrastructure", "--to", "77")
    assert (refused.code, "there is no version 77" in refused.err) == (1, True)


def test_rollback_to_the_newest_version_changes_nothing(applied):
    newest = versions(applied, "worker")[-1]
    done = applied.ok("state", "rollback", EXAMPLE, "--root", "worker", "--to", newest)
    assert ("nothing was changed" in done.out, versions(applied, "worker")[-1]) == (True, newest)


def test_rollback_asks_on_a_terminal_and_leaves_all_as_it_was_without_consent(applied):
    before = versions(applied, "infrastructure")
    with closing(Terminal(applied, ["state", "rollback", EXAMPLE, "--root", "infrastructure", "--to", "1"])) as run:
        run.read_until("> ")
        run.type("no")
        assert (run.wait(), " removed, 0 changed" in run.text) == (3, True)
    assert versions(applied, "infrastructure") == before
    assert events(applied)[-1].outcome == "clean"


# Locked


def test_held_lease_says_who_since_when_doing_what_and_until_when(applied):
    with held(applied) as lease:
        refused = applied("apply", EXAMPLE)
        lease.release("clean")
    assert refused.code == 4
    since = lease.since.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert f"run run-other on elsewhere holds the state: apply since {since}, until 2" in refused.err


@pytest.mark.parametrize("root", ["infrastructure", "worker"])
@pytest.mark.parametrize("command", ["apply", "destroy"])
def test_lock_timeout_waits_until_the_lease_is_free(applied, root, command):
    changed = applied.folder / "changed.yaml"
    with held(applied, root) as lease, start(applied, command, changed, "--lock-timeout", "5m") as run:
        read_until(run.stderr, "run run-other on elsewhere holds the state")
        time.sleep(1)  # several polls
        lease.release("clean")
        _, err = run.communicate(timeout=120)
    assert (run.returncode, "run-other" in err) == (0, False), "said once is enough"


def test_signal_ends_the_wait(applied):
    with held(applied) as lease, start(applied, "apply", EXAMPLE, "--lock-timeout", "5m") as run:
        read_until(run.stderr, "run run-other on elsewhere holds the state")
        run.send_signal(signal.SIGTERM)
        run.communicate(timeout=60)
        lease.release("clean")
    assert run.returncode == 143
    assert [event.event for event in events(applied, "worker")][-1] == "release"


def test_lock_timeout_ends(applied):
    with held(applied) as lease:
        refused = applied("apply", EXAMPLE, "--lock-timeout", "1s")
        lease.release("clean")
    assert (refused.code, events(applied, "worker")[-1].event) == (4, "release")


def test_unlock_of_a_free_lease_says_so(applied):
    done = applied.ok("state", "unlock", EXAMPLE)
    assert done.out.count("is free: nobody holds it") == 2


def test_unlock_frees_the_lease_and_ends_the_holder(applied):
    with held(applied) as lease:
        since = lease.since
        done = applied.ok("state", "unlock", EXAMPLE, "--root", "infrastructure", "-o", "json").document
        assert done["leases"][0]["holder"]["run"] == "run-other"
        with pytest.raises(StateError, match="took it over"):
            lease.renew()
    *_, takeover, release = events(applied)
    assert [(event.event, event.operation) for event in (takeover, release)] == [
        ("takeover", "unlock"),
        ("release", "unlock"),
    ]
    assert (release.outcome, abs((release.unclean_since - since).total_seconds()) < 0.01) == ("failed", True)


def test_unlock_seals_the_log_against_the_holder(applied):
    with open_bucket(applied) as store:
        log = StateLog(store, ENTRY, "infrastructure")
        lease = Lease.acquire(log, "run-other", "apply", "elsewhere", renewing=False)
        newest = lease.state
        assert newest is not None
        applied.ok("state", "unlock", EXAMPLE)
        state = json.loads(newest.body)
        state["serial"] += 1
        with pytest.raises(StateError, match="another writer appended"):
            log.append(json.dumps(state).encode(), lease, "run-other")
        assert lease.lost


def test_run_after_an_unlock_looks_for_what_the_holder_left(applied):
    with held(applied):
        applied.ok("state", "unlock", EXAMPLE)
    applied.ok("apply", applied.folder / "changed.yaml")
    assert events(applied)[-1].outcome == "clean"
    assert events(applied)[-1].unclean_since is None


def test_unlock_asks_on_a_terminal(applied):
    with held(applied) as lease, closing(Terminal(applied, ["state", "unlock", EXAMPLE])) as run:
        run.read_until("> ")
        run.type("no")
        assert (run.wait(), "run run-other on elsewhere holds the state" in run.text) == (3, True)
        lease.renew()
        lease.release("clean")


def test_unlock_without_a_terminal_needs_yes(applied):
    with held(applied) as lease:
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM, "state", "unlock", EXAMPLE],
            env={**os.environ, **applied.variables},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        lease.release("clean")
    assert (done.returncode, "run it with --yes" in done.stderr) == (3, True)


# Retention


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

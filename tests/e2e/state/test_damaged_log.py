"""A damaged log: what the commands make of it, and that their advice leads out of it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from provisioner.state import Lease, StateLog
from tests.e2e.conftest import ENTRY, EXAMPLE, Provision, open_bucket
from tests.e2e.state.log import ROOTS, events, versions
from tests.e2e.test_main_job import EXPECTED
from tests.spreads import LONG, spread

FAR = 9_999_999_999


def key(root: str, folder: str, number: int) -> str:
    return f"{ENTRY}/provisioner/{root}/{folder}/{number:010}.{'tfstate' if folder == 'state' else 'json'}"


def numbers(provision: Provision, root: str, folder: str) -> list[int]:
    with open_bucket(provision) as store:
        keys = [info.key for info in store.list(f"{ENTRY}/provisioner/{root}/{folder}/")]
        return [int(found.rpartition("/")[2].partition(".")[0]) for found in keys]


def remove(provision: Provision, root: str, folder: str, *gone: int) -> None:
    with open_bucket(provision) as store:
        store.delete([key(root, folder, number) for number in gone])


def put(provision: Provision, root: str, folder: str, number: int, body: bytes) -> None:
    with open_bucket(provision) as store:
        store.put_if_absent(key(root, folder, number), body, {})


def copy(provision: Provision, root: str, folder: str, number: int, target: int) -> None:
    with open_bucket(provision) as store:
        found = store.get(key(root, folder, number))
        store.put_if_absent(key(root, folder, target), found.body, found.metadata)


def unreadable_event(provision: Provision) -> None:
    put(provision, "infrastructure", "lock", numbers(provision, "infrastructure", "lock")[-1] + 1, b'{"event": "rene')


def far_event(provision: Provision) -> None:
    copy(provision, "infrastructure", "lock", 1, FAR)


def no_chain(provision: Provision) -> None:
    remove(provision, "infrastructure", "lock", *numbers(provision, "infrastructure", "lock"))


def unreadable_version(provision: Provision) -> None:
    put(provision, "infrastructure", "state", versions(provision, "infrastructure")[-1] + 1, b'{"version": 4, "ser')


def missing_version(provision: Provision) -> None:
    remove(provision, "infrastructure", "state", versions(provision, "infrastructure")[-1])


DAMAGES = [unreadable_event, far_event, no_chain, unreadable_version, missing_version]
damages = pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)


@damages
def test_unlock_frees_the_lease_of_any_log(applied: Provision, damage: Callable[[Provision], None]) -> None:
    with open_bucket(applied) as store:
        Lease.acquire(StateLog(store, ENTRY, "infrastructure"), "run-other", "apply", "elsewhere", renewing=False)
    damage(applied)
    applied.ok("state", "unlock", EXAMPLE)
    again = applied.ok("state", "unlock", EXAMPLE)
    assert again.out.count("is free: ") == 2


@pytest.mark.parametrize("damage", spread(DAMAGES, 2), ids=lambda damage: damage.__name__)
def test_rollback_mends_any_log(applied: Provision, damage: Callable[[Provision], None]) -> None:
    damage(applied)
    applied.ok("state", "unlock", EXAMPLE)  # without a wait until an unreadable event cannot be a sign of life any more
    good = 1 if damage is missing_version else 2
    applied.ok("state", "rollback", EXAMPLE, "--root", "infrastructure", "--to", good)
    applied.ok("apply", applied.folder / "changed.yaml")
    assert applied("plan", applied.folder / "changed.yaml").code == 0
    assert applied.counts() == EXPECTED


@pytest.mark.parametrize("folder", ["state", "lock"])
@pytest.mark.parametrize("number", [4999, FAR])
def test_a_copy_far_away_is_named_once_and_changes_nothing(applied: Provision, folder: str, number: int) -> None:
    copy(applied, "worker", folder, 1, number)
    done = applied("apply", applied.folder / "changed.yaml")
    assert done.code == 0
    what = "version" if folder == "state" else "event"
    assert done.err.count(f"/worker/{folder}/{number:010}") == 1
    assert f"this object counts for nothing: it is a copy of {what} 1; you do not have to do anything" in done.err
    assert events(applied, "infrastructure")[-1].outcome == "clean"
    assert applied.counts() == EXPECTED


@pytest.mark.parametrize("command", ["plan", "apply", "destroy"])
@pytest.mark.parametrize("root", ROOTS)
def test_a_log_that_ends_before_the_version_its_chain_knows_is_refused(
    applied: Provision, root: str, command: str
) -> None:
    newest = versions(applied, root)[-1]
    remove(applied, root, "state", newest)
    before = applied.counts()
    refused = applied(command, applied.folder / "changed.yaml")
    assert (refused.code, applied.counts()) == (1, before)
    assert (
        f"version {newest}, which a run has stored, is missing: the log ends with version {newest - 1}" in refused.err
    )
    assert f"is good: provision state rollback FILE... --root {root} --to {newest - 1}" in refused.err


def test_the_rollback_that_is_named_mends_it(applied: Provision) -> None:
    newest = versions(applied, "infrastructure")[-1]
    remove(applied, "infrastructure", "state", newest)
    applied.ok("state", "rollback", EXAMPLE, "--root", "infrastructure", "--to", newest - 1)
    applied.ok("apply", applied.folder / "changed.yaml")
    assert versions(applied, "infrastructure")[-2:] > [newest, newest], "what is missing is not written again"
    assert applied("plan", applied.folder / "changed.yaml").code == 0
    assert applied.counts() == EXPECTED


@pytest.mark.parametrize("command", ["plan", "apply"])
def test_a_log_of_which_no_version_is_left_is_refused_and_adopt_named(applied: Provision, command: str) -> None:
    for root in ROOTS:
        remove(applied, root, "state", *versions(applied, root))
    before = applied.counts()
    refused = applied(command, applied.folder / "changed.yaml")
    assert (refused.code, applied.counts()) == (1, before)
    assert "is missing: no version is left" in refused.err
    assert "provision adopt FILE... --yes" in refused.err


@pytest.mark.parametrize("damage", ["removed", pytest.param("cut", marks=LONG)])
def test_adopt_starts_a_new_state_when_no_version_is_left(applied: Provision, damage: str) -> None:
    last = {}
    for root in ROOTS:
        found = versions(applied, root)
        last[root] = found[-1]
        remove(applied, root, "state", *found)
        if damage == "cut":
            for number in found:
                put(applied, root, "state", number, b'{"version": 4, "ser')
    before = applied.counts()
    done = applied("adopt", applied.folder / "changed.yaml", "--yes")
    assert done.code == 0, done.err
    assert all(f"No usable version of the {root} state is left: starting a new one" in done.out for root in ROOTS)
    assert all(min(set(versions(applied, root)) - set(range(last[root] + 1))) == last[root] + 1 for root in ROOTS)
    applied.ok("apply", applied.folder / "changed.yaml")
    assert applied("plan", applied.folder / "changed.yaml").code == 0
    assert applied.counts() == before


@LONG
def test_adopt_starts_a_new_state_even_with_nothing_to_record(applied: Provision) -> None:
    applied.ok("destroy", EXAMPLE)
    for root in ROOTS:
        remove(applied, root, "state", *versions(applied, root))
    assert applied("apply", EXAMPLE).code == 1
    applied.ok("adopt", EXAMPLE, "--yes")
    applied.ok("apply", EXAMPLE)
    assert applied.counts() == EXPECTED


def test_a_run_on_a_state_without_a_chain_looks_before_it_ends_clean(applied: Provision) -> None:
    no_chain(applied)
    planned = applied("plan", applied.folder / "changed.yaml")
    assert (planned.code, "did not end clean" in planned.err) == (0, True)
    applied.ok("apply", applied.folder / "changed.yaml")
    release = events(applied)[-1]
    assert (release.event, release.outcome, release.unclean_since) == ("release", "clean", None)


@pytest.mark.parametrize("body", ["older", "predecessor"])
def test_an_old_version_in_place_of_the_newest_is_refused(applied: Provision, body: str) -> None:
    newest = versions(applied, "infrastructure")[-1]
    with open_bucket(applied) as store:
        former = store.get(key("infrastructure", "state", 1 if body == "older" else newest - 1))
        metadata = store.get(key("infrastructure", "state", newest)).metadata
        store.delete([key("infrastructure", "state", newest)])
        store.put_if_absent(key("infrastructure", "state", newest), former.body, metadata)
    refused = applied("apply", applied.folder / "changed.yaml")
    assert (refused.code, f"--root infrastructure --to {newest - 1}" in refused.err) == (1, True)

"""
A state is used for nothing that plans or writes before its place is known to be the one that the run works in.

docs/state.md has the rules; the place matrix (tests/crash/place_matrix.py) has every pair of what may differ.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from provisioner.state import LeaseEvent
from tests.e2e.conftest import ENTRY, Done, Provision, open_bucket
from tests.e2e.shoot_sandbox import ENTRIES, ShootSandbox
from tests.e2e.variants import Change, Documents, put, take
from tests.spreads import LONG, chosen

OTHER_KEY = "LTAIexampleexample02"
WRITING = ("apply", "destroy", "plan", "adopt", "status")
ROOTS = ("infrastructure", "worker")


def of_another_account(documents: Documents) -> None:
    """Give the shoot other credentials; the bucket keeps its own."""
    bucket_secret = copy.deepcopy(documents["cloudprovider"])
    bucket_secret["metadata"]["name"] = "backup"
    documents["backup"] = bucket_secret
    documents["BackupBucket"]["spec"]["secretRef"]["name"] = "backup"
    documents["cloudprovider"]["stringData"] = {
        "accessKeyID": OTHER_KEY,
        "accessKeySecret": "another-secret-that-is-only-an-example",
    }


def in_shanghai(documents: Documents) -> None:
    """Put the shoot into the other region of the CloudProfile."""
    put("Shoot/spec/region", "cn-shanghai")(documents)
    config = documents["Shoot"]["spec"]["provider"]["infrastructureConfig"]
    for zone in config["networks"]["zones"]:
        zone["name"] = "cn-shanghai-e"
    for pool in documents["Shoot"]["spec"]["provider"]["workers"]:
        pool["zones"] = ["cn-shanghai-e"]


ELSEWHERE: dict[str, Change] = {"account": of_another_account, "region": in_shanghai}


@pytest.fixture
def shoot(provision: Provision) -> ShootSandbox:
    """Return a shoot that is applied."""
    shoot = ShootSandbox(provision)
    provision.begin_applied(shoot.write())
    return shoot


def snapshot(shoot: ShootSandbox) -> tuple[dict[str, bytes], list[object]]:
    """Return what the bucket holds of the shoot, and what the cloud holds at all."""
    with open_bucket(shoot.provision) as store:
        stored = {info.key: store.get(info.key).body for info in store.list(ENTRIES)}
    with closing(shoot.provision.cloud()) as cloud:
        there = [
            (kind, one.id, one.account, one.region)
            for kind in ("vpc", "vswitch", "nat_gateway", "eip", "scaling_group", "instance")
            for one in cloud.resources(kind)
        ]
    return stored, sorted(there, key=repr)


def rewrite(shoot: ShootSandbox, change: Callable[[dict[str, object]], object], *, versions: bool = True) -> None:
    """Change what the log says beside its states: each lease event, and with `versions` their metadata's place."""
    with open_bucket(shoot.provision) as store:
        for info in store.list(ENTRIES):
            found = store.get(info.key)
            metadata, body = dict(found.metadata), found.body
            if "/lock/" in info.key:
                event = json.loads(body)
                change(event)
                body = json.dumps(event).encode()
            elif versions:
                metadata = {
                    name: value
                    for name, value in metadata.items()
                    if not name.startswith(("cloud-", "store-")) and name != "number"
                }
            store.delete([info.key])
            store.put_if_absent(info.key, body, metadata)


def forget_place(shoot: ShootSandbox) -> None:
    """Leave the log as a program wrote it that noted no place."""

    def change(event: dict[str, object]) -> None:
        for name in ("place", "number", "state_digest", "beside", "moved"):
            event.pop(name, None)

    rewrite(shoot, change)


def events(shoot: ShootSandbox, root: str) -> list[LeaseEvent]:
    with open_bucket(shoot.provision) as store:
        keys = [info.key for info in store.list(f"{ENTRY}/provisioner/{root}/lock/")]
        return [LeaseEvent.from_json(store.get(key).body, key) for key in keys]


def cloud_calls(shoot: ShootSandbox) -> list[str]:
    with closing(shoot.provision.cloud()) as cloud:
        return [record.action for record in cloud.access_log()]


def refused(done: Done, *sides: str) -> None:
    assert done.code == 1, done.out + done.err
    for side in sides:
        assert side in done.err, done.err
    assert "nothing was changed" in done.err


@pytest.mark.parametrize("command", chosen(WRITING, {"destroy"}.__contains__))
@pytest.mark.parametrize("where", ELSEWHERE)
def test_a_state_is_used_nowhere_but_in_its_place(shoot: ShootSandbox, where: str, command: str) -> None:
    before = snapshot(shoot)
    other = shoot.write(ELSEWHERE[where])
    done = shoot.provision(command, other)
    sides = (
        ("eu-central-1", "cn-shanghai") if where == "region" else ("this state belongs to account", "credentials of")
    )
    refused(done, *sides)
    assert snapshot(shoot) == before


@pytest.mark.parametrize("where", ELSEWHERE)
def test_a_rollback_stays_in_its_place(shoot: ShootSandbox, where: str) -> None:
    before = snapshot(shoot)
    other = shoot.write(ELSEWHERE[where])
    refused(shoot.provision("state", "rollback", other, "--root", "infrastructure", "--to", "1"), "belongs to")
    assert snapshot(shoot) == before


@pytest.mark.parametrize("verb", ["list", "show", "history", "pull", "diff"])
def test_reading_a_state_asks_no_cloud(shoot: ShootSandbox, verb: str) -> None:
    other = shoot.write(in_shanghai, of_another_account)
    calls = len(cloud_calls(shoot))
    arguments = ["1"] if verb == "diff" else []
    shoot.provision.ok("state", verb, other, *arguments)
    assert cloud_calls(shoot)[calls:] == []


def test_a_run_that_changes_nothing_asks_once_whose_the_credentials_are(shoot: ShootSandbox) -> None:
    calls = len(cloud_calls(shoot))
    shoot.provision.ok("apply", shoot.file)
    assert cloud_calls(shoot)[calls:].count("GetCallerIdentity") == 1


def test_every_version_and_event_says_where_it_belongs(shoot: ShootSandbox) -> None:
    with open_bucket(shoot.provision) as store:
        keys = [info.key for info in store.list(ENTRIES) if info.key.endswith(".tfstate")]
        places = [{name for name in store.get(key).metadata if "-" in name} for key in keys]
    wanted = {"cloud-kind", "cloud-account", "cloud-region"}
    wanted |= {"store-bucket", "store-owner", "store-created", "store-location"}
    assert places and all(place == wanted for place in places)
    assert all(event.place.is_whole for root in ROOTS for event in events(shoot, root))


@LONG
def test_a_cloud_that_cannot_say_whose_the_credentials_are_is_asked_again_later(shoot: ShootSandbox) -> None:
    before = snapshot(shoot)
    shoot.provision.ok("sandbox", "fault", "add", "GetCallerIdentity", "--kind", "reset")
    for command in ("apply", "destroy"):
        done = shoot.provision(command, shoot.file)
        assert done.code == 5, done.out + done.err
        assert "GetCallerIdentity" in done.err and "127.0.0.1" in done.err
    assert snapshot(shoot) == before


class TestNothingNoted:
    """A log of a program that noted no place."""

    def test_an_object_that_exists_here_proves_the_place_and_is_noted(self, shoot: ShootSandbox) -> None:
        forget_place(shoot)
        shoot.provision.ok("apply", shoot.file)
        assert all(events(shoot, root)[-1].place.is_whole for root in ROOTS)
        refused(shoot.provision("destroy", shoot.write(in_shanghai)), "cn-shanghai", "eu-central-1")

    @pytest.mark.parametrize("command", chosen(("apply", "destroy", "plan"), {"destroy"}.__contains__))
    @pytest.mark.parametrize("where", ELSEWHERE)
    def test_where_none_of_its_objects_exists_it_is_not_used(
        self, shoot: ShootSandbox, where: str, command: str
    ) -> None:
        forget_place(shoot)
        _, there = snapshot(shoot)
        states = [key for key in snapshot(shoot)[0] if "/state/" in key]
        done = shoot.provision(command, shoot.write(ELSEWHERE[where]))
        refused(done, "confirm-place")
        assert snapshot(shoot)[1] == there
        assert [key for key in snapshot(shoot)[0] if "/state/" in key] == states

    def test_what_was_confirmed_holds(self, shoot: ShootSandbox) -> None:
        account = events(shoot, "worker")[-1].place.cloud.account  # type: ignore[union-attr] # it is there
        forget_place(shoot)
        delete_all(shoot)
        refused(shoot.provision("destroy", shoot.file), "none of its")
        confirm = ("state", "confirm-place", shoot.file, "--account", account)
        wrong = shoot.provision(*confirm, "--region", "cn-shanghai")
        assert wrong.code == 3 and "--region" in wrong.err
        shoot.provision.ok(*confirm, "--region", "eu-central-1")
        done = shoot.provision.ok("destroy", shoot.file)
        assert "gone" in done.out + done.err

    def test_an_older_version_of_the_program_in_between_changes_nothing(self, shoot: ShootSandbox) -> None:
        def only_the_last(event: dict[str, object]) -> None:
            if event["event"] == "release":
                event.pop("place", None)

        rewrite(shoot, only_the_last, versions=False)
        refused(shoot.provision("apply", shoot.write(in_shanghai)), "cn-shanghai", "eu-central-1")


def delete_all(shoot: ShootSandbox) -> None:
    """Delete everything of the shoot behind the program's back."""
    folder = shoot.provision.folder
    with open_bucket(shoot.provision) as store:
        kept = {info.key: store.get(info.key) for info in store.list(ENTRIES)}
    shoot.provision.ok("destroy", shoot.file)
    with open_bucket(shoot.provision) as store:
        store.delete([info.key for info in store.list(ENTRIES)])
        for key, found in kept.items():
            store.put_if_absent(key, found.body, found.metadata)
    assert folder.exists()


class TestEverythingGone:
    """The place is proven, and none of the state's objects exists."""

    def test_a_destroy_is_done_and_says_so(self, shoot: ShootSandbox) -> None:
        delete_all(shoot)
        done = shoot.provision.ok("destroy", shoot.file)
        assert "gone" in done.out + done.err
        assert shoot.provision("destroy", shoot.file).code == 0

    def test_an_apply_makes_it_again_only_when_it_is_told_to(self, shoot: ShootSandbox) -> None:
        delete_all(shoot)
        done = shoot.provision("apply", shoot.file)
        assert done.code == 3, done.out + done.err
        assert "were deleted outside of provision" in done.err and "--recreate" in done.err
        assert "vpc" not in shoot.provision.counts()
        shoot.provision.ok("apply", shoot.file, "--recreate")
        assert shoot.provision.counts()["vpc"] == 1
        shoot.provision.ok("plan", shoot.file)

    def test_a_plan_says_so(self, shoot: ShootSandbox) -> None:
        delete_all(shoot)
        done = shoot.provision("plan", shoot.file)
        assert done.code == 2
        assert "were deleted outside of provision" in done.err


def in_another_bucket(documents: Documents) -> None:
    documents["BackupBucket"]["metadata"]["name"] = "other-garden-backups"


class TestMove:
    """The store changes only by a recorded move."""

    def test_after_a_move_the_log_goes_on_there_and_not_here(self, shoot: ShootSandbox) -> None:
        old = shoot.file.rename(shoot.provision.folder / "old.yaml")
        new = shoot.write(in_another_bucket)
        moved = shoot.provision.ok("state", "move", new, "--from", "demo-garden-backups")
        assert "other-garden-backups" in moved.out
        shoot.provision.ok("plan", new)
        for command in ("plan", "apply", "destroy"):
            refused(shoot.provision(command, old), "demo-garden-backups", "other-garden-backups")
        shoot.provision.ok("apply", new)
        shoot.provision.ok("destroy", new)
        assert "vpc" not in shoot.provision.counts()

    def test_a_move_can_be_repeated(self, shoot: ShootSandbox) -> None:
        new = shoot.write(in_another_bucket)
        for _ in range(2):
            shoot.provision.ok("state", "move", new, "--from", "demo-garden-backups")
        shoot.provision.ok("plan", new)

    def test_a_log_that_was_copied_by_hand_is_refused_until_it_is_moved(self, shoot: ShootSandbox) -> None:
        new = shoot.write(in_another_bucket)
        copy_log(shoot, "other-garden-backups")
        for command in ("plan", "apply", "destroy"):
            refused(shoot.provision(command, new), "demo-garden-backups", "other-garden-backups", "state move")
        shoot.provision.ok("state", "move", new, "--from", "demo-garden-backups")
        shoot.provision.ok("plan", new)

    def test_two_logs_that_went_on_are_not_merged(self, shoot: ShootSandbox) -> None:
        new = shoot.write(in_another_bucket)
        copy_log(shoot, "other-garden-backups")
        with open_bucket(shoot.provision, "other-garden-backups") as other:
            last = [info.key for info in other.list(ENTRIES) if "/worker/state/" in info.key][-1]
            state = json.loads(other.get(last).body)
            state["serial"] += 1
            number = int(last[-18:-8]) + 1
            other.put_if_absent(f"{last[:-18]}{number:010}.tfstate", json.dumps(state).encode(), {})
        done = shoot.provision("state", "move", new, "--from", "demo-garden-backups")
        refused(done, "differ")


def copy_log(shoot: ShootSandbox, bucket: str) -> None:
    """Copy the log into another bucket, as it is."""
    with open_bucket(shoot.provision) as store, open_bucket(shoot.provision, bucket) as other:
        other.ensure_bucket()
        for info in store.list(ENTRIES):
            found = store.get(info.key)
            other.put_if_absent(info.key, found.body, found.metadata)


class TestEntries:
    """A technical ID's entry and a uid's are both looked for: found or named, never chosen silently."""

    @pytest.fixture
    def without_uid(self, provision: Provision) -> ShootSandbox:
        """Return a shoot that was applied while its uid was not known."""
        shoot = ShootSandbox(provision)
        provision.begin_applied(shoot.write(take("Shoot/status/uid")))
        return shoot

    def test_a_state_from_before_the_uid_was_known_is_found(self, without_uid: ShootSandbox) -> None:
        done = without_uid.provision.ok("plan", without_uid.write())
        assert "shoot--demo--canary" in done.err and "uid" in done.err
        without_uid.provision.ok("apply", without_uid.file)
        assert without_uid.provision.counts()["vpc"] == 1

    @pytest.mark.parametrize("command", chosen(WRITING, {"apply"}.__contains__))
    def test_the_entry_of_another_uid_is_named(self, shoot: ShootSandbox, command: str) -> None:
        before = snapshot(shoot)
        done = shoot.provision(command, shoot.write(put("Shoot/status/uid", "11111111-2222-3333-4444-555555555555")))
        assert done.code == 3, done.out + done.err
        assert ENTRY in done.err and "11111111-2222-3333-4444-555555555555" in done.err
        assert snapshot(shoot) == before

    @pytest.mark.parametrize("command", chosen(WRITING, {"apply"}.__contains__))
    def test_the_entry_of_another_technical_id_with_this_uid_is_named(self, shoot: ShootSandbox, command: str) -> None:
        before = snapshot(shoot)
        done = shoot.provision(command, shoot.write(put("Shoot/status/technicalID", "shoot--demo--other")))
        assert done.code == 3, done.out + done.err
        assert ENTRY in done.err and "shoot--demo--other" in done.err
        assert snapshot(shoot) == before

    def test_a_shoot_that_is_made_again_under_its_name_starts_over(self, shoot: ShootSandbox) -> None:
        shoot.provision.ok("destroy", shoot.file)
        again = shoot.write(put("Shoot/status/uid", "11111111-2222-3333-4444-555555555555"))
        shoot.provision.ok("apply", again)
        assert shoot.provision.counts()["vpc"] == 1

    def test_without_a_uid_two_entries_that_hold_something_are_named(self, shoot: ShootSandbox) -> None:
        with open_bucket(shoot.provision) as store:
            for info in store.list(ENTRIES):
                found = store.get(info.key)
                store.put_if_absent(info.key.replace(ENTRY, "shoot--demo--canary"), found.body, found.metadata)
        before = snapshot(shoot)
        done = shoot.provision("apply", shoot.write(take("Shoot/status/uid")))
        assert done.code == 3 and ENTRY in done.err
        assert snapshot(shoot) == before


def test_what_a_killed_run_left_is_stored_into_no_other_clouds_log(shoot: ShootSandbox, tmp_path: Path) -> None:
    journal = {
        "run": "run-killed",
        "bucket": "oss://demo-garden-backups",
        "entry": ENTRY,
        "root": "infrastructure",
        "lease": 1,
        "base": 0,
        "place": {"cloud": {"kind": "sandbox-elsewhere", "account": "1", "region": "eu-central-1"}},
    }
    left = tmp_path / "work" / "shoot--demo--canary.left" / "infrastructure"
    left.mkdir(parents=True)
    (left.parent / "alive").touch()
    (left / "journal.json").write_text(json.dumps(journal))
    shoot.lose()
    with open_bucket(shoot.provision) as store:
        assert not store.list(ENTRIES)
    (left / "terraform.tfstate").write_bytes(
        b'{"version": 4, "serial": 3, "lineage": "of-another-cloud", "resources": [], "outputs": {}}'
    )
    done = shoot.provision("apply", shoot.file)
    assert "run-killed" not in done.err
    assert (left / "terraform.tfstate").exists()
    with open_bucket(shoot.provision) as store:
        assert all(b"of-another-cloud" not in store.get(info.key).body for info in store.list(ENTRIES))
    (left / "terraform.tfstate").unlink()
    (left / "journal.json").unlink()
    left.rmdir()
    (left.parent / "alive").unlink()
    left.parent.rmdir()

"""Shoots for which there is nothing to create: those without workers, and those that are being deleted."""

from __future__ import annotations

from typing import Any

import pytest

from tests.e2e.conftest import EXAMPLE, Provision


def without_workers(shoot: dict[str, Any]) -> None:
    spec = shoot["spec"]
    del spec["networking"], spec["credentialsBindingName"]
    spec["provider"] = {"type": "alicloud"}


def deleted(shoot: dict[str, Any]) -> None:
    shoot["metadata"]["deletionTimestamp"] = "2026-11-30T12:00:00Z"


@pytest.mark.parametrize("command", ["plan", "apply"])
def test_a_shoot_without_workers_is_no_work_and_no_error(provision: Provision, command: str) -> None:
    manifest = provision.write("shoot.yaml", without_workers)
    done = provision(command, manifest)
    assert (done.code, "Shoot/canary: spec.provider.workers: there is nothing to provision" in done.err) == (0, True)
    assert provision("validate", manifest).code == 0
    assert not (provision.folder / "sandbox").exists()


def test_a_shoot_without_workers_keeps_no_other_one_from_being_applied(provision: Provision) -> None:
    manifest = provision.write("shoot.yaml", without_workers)
    manifest.write_text(manifest.read_text().partition("---\n")[0].replace("canary", "bare"))
    done = provision("plan", EXAMPLE, manifest, "-o", "json")
    assert (done.code, "Shoot/bare: spec.provider.workers: there is nothing" in done.err) == (2, True)
    assert done.document["technicalID"] == "shoot--demo--canary"


def test_of_a_shoot_that_never_had_workers_there_is_nothing_to_destroy(provision: Provision) -> None:
    manifest = provision.write("shoot.yaml", without_workers)
    done = provision("destroy", manifest, "--yes")
    assert (done.code, done.out.strip()) == (0, "shoot--demo--canary: nothing left to destroy")


def test_what_a_shoot_had_before_it_lost_its_workers_stays_until_a_destroy(provision: Provision) -> None:
    provision.begin_applied(EXAMPLE)
    before, manifest = provision.counts(), provision.write("shoot.yaml", without_workers)
    assert provision("apply", manifest).code == 0
    assert provision.counts() == before
    done = provision.ok("destroy", manifest, "--yes")
    assert "34 resources destroyed" in done.out


@pytest.mark.parametrize("command", ["status", "destroy"])
def test_a_shoot_without_workers_and_credentials_keeps_no_other_one_from_its_command(
    provision: Provision, command: str
) -> None:
    provision.begin_applied(EXAMPLE)
    manifest = provision.write("shoot.yaml", without_workers)
    shoot = manifest.read_text().partition("---\n")[0].replace("canary", "bare").replace("garden-demo", "garden-other")
    manifest.write_text(shoot)
    done = provision(command, EXAMPLE, manifest, *(["--yes"] if command == "destroy" else []))
    assert (done.code, "warning: Shoot/bare: spec.secretBindingName: nothing is looked for" in done.err) == (0, True)
    assert provision(command, manifest).code == 3


@pytest.mark.parametrize("command", ["plan", "apply"])
def test_a_shoot_in_deletion_is_not_created(provision: Provision, command: str) -> None:
    manifest = provision.write("shoot.yaml", deleted)
    done = provision(command, manifest)
    assert done.code == 3
    assert "Shoot/canary: metadata.deletionTimestamp: it has been in deletion since" in done.err
    assert "provision destroy" in done.err
    assert provision("validate", manifest).code == 0


def test_a_shoot_in_deletion_is_destroyed(provision: Provision) -> None:
    provision.begin_applied(EXAMPLE)
    manifest = provision.write("shoot.yaml", deleted)
    assert provision("apply", manifest).code == 3
    provision.ok("destroy", manifest, "--yes")
    assert provision("plan", EXAMPLE).code == 2

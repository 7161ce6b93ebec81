"""A sandbox folder that an earlier version made."""

from __future__ import annotations

import sqlite3

import pytest

from tests.e2e.conftest import EXAMPLE
from tests.e2e.shoot_sandbox import ShootSandbox
from tests.e2e.test_place import forget_place


@pytest.fixture
def without_id(provision):
    """Return the command with a sandbox of the example's as a version without ids left it."""
    provision.begin_applied(EXAMPLE)
    forget_place(ShootSandbox(provision))  # which that version did not note
    database = sqlite3.connect(provision.folder / "sandbox" / "cloud.db")
    database.execute("DELETE FROM setting WHERE name = 'id'")
    database.commit()
    database.close()
    return provision


def sandbox_id(provision) -> str:
    return str(provision.ok("sandbox", "info", "-o", "json").document["id"])


@pytest.fixture
def older(provision):
    """Return the command with a sandbox whose file bears no layout, as the first version wrote it."""
    cloud = provision.cloud()
    caller = cloud.enroll("LTAIolder00000000000", "a-secret-of-an-earlier-version")
    cloud.call(caller, "2016-04-28", "CreateVpc", {"RegionId": "eu-central-1", "CidrBlock": "10.0.0.0/8"})
    cloud.close()
    database = sqlite3.connect(provision.folder / "sandbox" / "cloud.db")
    database.execute("PRAGMA user_version = 0")
    database.close()
    return provision


def test_resources_of_an_earlier_version_are_refused_with_the_way_out(older):
    refused = older("plan", EXAMPLE)
    assert refused.code == 1
    assert "it holds resources of an earlier version of the sandbox, which this one cannot read" in refused.err
    assert "`provision sandbox reset`" in refused.err


def test_reset_makes_it_usable_again(older):
    older.ok("sandbox", "reset")
    assert (older("plan", EXAMPLE).code, older.counts()) == (2, {})


def test_a_sandbox_of_a_version_without_ids_gets_one_when_it_is_first_opened(without_id):
    assert without_id("plan", EXAMPLE).code == 0
    first = sandbox_id(without_id)
    assert first.startswith("sandbox-")
    assert sandbox_id(without_id) == first


def test_a_reset_makes_another_sandbox_of_the_folder(without_id):
    first = sandbox_id(without_id)
    assert without_id.ok("sandbox", "reset", "-o", "json").document["id"] != first
    assert sandbox_id(without_id) != first


def test_the_id_is_shown(provision):
    assert provision.ok("sandbox", "info").out.endswith(f"({sandbox_id(provision)})\n")

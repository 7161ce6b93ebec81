"""What the verbs of `provision state` report."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from provisioner.cloud import CloudResource
from provisioner.ids import INFRASTRUCTURE, WORKER, AccountId, RegionId, TechnicalId
from provisioner.place import CloudPlace, Place, StorePlace
from provisioner.reports.state import (
    diff_document,
    diff_lines,
    history_document,
    history_lines,
    listed_document,
    listed_lines,
    placed_document,
    placed_lines,
    rolled_back_document,
    rolled_back_lines,
    shown_document,
    shown_manifests,
    unlocked_document,
    unlocked_lines,
)
from provisioner.state import LeaseEvent, StateVersion
from provisioner.state.diff import StateDiff
from provisioner.tfstate import Address
from provisioner.tfstate.diff import ResourceChange
from provisioner.workflows.state.history import Changes, HistoryEntry
from provisioner.workflows.state.place import Placed
from provisioner.workflows.state.rollback import RolledBack, Unlisted
from provisioner.workflows.state.show import StateResource
from provisioner.workflows.state.unlock import Unlocked

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
VPC = Address("module.infrastructure", "alicloud_vpc", "this", None)
RESOURCE = StateResource(
    INFRASTRUCTURE, str(VPC), "alicloud_vpc", "vpc-1", {"id": "vpc-1", "tags": {}, "ipv6": None, "enabled": False}
)
ENTRY = HistoryEntry(
    *(INFRASTRUCTURE, 2, 7, NOON),
    operation="apply",
    run="run-1",
    host="seed-7",
    lease="3",
    size=4096,
    resources=12,
    changes=Changes(added=3, removed=1, changed=2),
)
UNREADABLE = replace(ENTRY, serial=None, resources=None, changes=None)
FIRST, SECOND = (StateVersion(number, b"", number + 10, "l", {}, NOON) for number in (1, 2))
DIFF = StateDiff(
    WORKER,
    FIRST,
    SECOND,
    (
        ResourceChange("a", "added"),
        ResourceChange("b", "changed", {"name": ("ü", None)}),
        ResourceChange("c", "removed"),
    ),
)
BACK = RolledBack(
    TechnicalId("shoot--a--b"),
    DIFF,
    number=3,
    serial=13,
    beyond=(
        Unlisted(CloudResource("alicloud_vpc", "vpc-1"), VPC),
        Unlisted(CloudResource("alicloud_eip_address", "eip-1"), None),
    ),
)
CLOUD, STORE = CloudPlace("alibabacloud", AccountId("1234"), RegionId("eu-central-1")), StorePlace("backups")
HOLDER = LeaseEvent(
    event="renew",
    run="run-1",
    host="seed-7",
    boot_id="b00t",
    operation="apply",
    at=NOON,
    since=NOON,
    expires=NOON + timedelta(seconds=61),
    ttl_seconds=60.0,
    state=41,
)


def test_listed_resource_has_its_id_and_shown_one_all_attributes() -> None:
    where = {"root": "infrastructure", "address": "module.infrastructure.alicloud_vpc.this"}
    assert listed_document([RESOURCE]) == {"resources": [{**where, "type": "alicloud_vpc", "id": "vpc-1"}]}
    assert shown_document([RESOURCE]) == {"resources": [{**where, "attributes": RESOURCE.attributes}]}


def test_list_is_a_table() -> None:
    assert [line.split() for line in listed_lines([RESOURCE])] == [
        ["ROOT", "ADDRESS", "ID"],
        ["infrastructure", str(VPC), "vpc-1"],
    ]


def test_shown_as_text_a_resource_has_only_what_is_set() -> None:
    assert shown_manifests([RESOURCE]) == [{str(VPC): {"id": "vpc-1", "enabled": False}}]


def test_version_says_when_by_whom_and_what_it_changed() -> None:
    expected = {
        "root": "infrastructure",
        "number": 2,
        "serial": 7,
        "time": "2026-11-22T12:00:00+00:00",
        "operation": "apply",
        "run": "run-1",
        "host": "seed-7",
        "lease": "3",
        "size": 4096,
        "readable": True,
        "resources": 12,
        "added": 3,
        "removed": 1,
        "changed": 2,
    }
    (document,) = history_document([ENTRY])["versions"]
    assert list(document.items()) == list(expected.items())


def test_unreadable_version_counts_nothing() -> None:
    (document,) = history_document([UNREADABLE])["versions"]
    names = ("readable", "serial", "resources", "added", "removed", "changed")
    assert [document[name] for name in names] == [False, None, None, None, None, None]


@pytest.mark.parametrize(("entry", "row"), [(ENTRY, "7 12 +3 -1 ~2"), (UNREADABLE, "unreadable")])
def test_history_is_a_table(entry: HistoryEntry, row: str) -> None:
    common = {"infrastructure", "2", "2026-11-22T12:00:00+00:00", "apply", "run-1", "seed-7"}
    heading, line = history_lines([entry])
    assert heading.split()[-2:] == ["RESOURCES", "CHANGES"]
    assert [cell for cell in line.split() if cell not in common] == row.split()


def test_diff_has_both_values_of_what_changed() -> None:
    assert diff_document(DIFF) == {
        "root": "worker",
        "from": {"number": 1, "serial": 11},
        "to": {"number": 2, "serial": 12},
        "resources": [
            {"address": "a", "action": "added", "attributes": {}},
            {"address": "b", "action": "changed", "attributes": {"name": {"old": "ü", "new": None}}},
            {"address": "c", "action": "removed", "attributes": {}},
        ],
    }


def test_diff_is_a_summary_and_a_line_for_each_resource_and_attribute() -> None:
    assert diff_lines(DIFF) == [
        "Worker: from version 1 to version 2: 1 added, 1 removed, 1 changed",
        "  + a",
        "  ~ b",
        '      name: "ü" -> null',
        "  - c",
    ]


def test_diff_from_a_version_that_cannot_be_read_says_so() -> None:
    diff = replace(DIFF, before=None, changes=())
    assert diff_document(diff)["from"] is None
    assert diff_lines(diff) == ["Worker: from an unreadable version to version 2: 0 added, 0 removed, 0 changed"]


def test_rollback_says_what_the_cloud_holds_beyond_and_what_is_left_alone() -> None:
    assert rolled_back_document(BACK) == {
        "technicalID": "shoot--a--b",
        "number": 3,
        "serial": 13,
        "diff": diff_document(DIFF),
        "beyond": [
            {"type": "alicloud_vpc", "id": "vpc-1", "address": str(VPC)},
            {"type": "alicloud_eip_address", "id": "eip-1", "address": ""},
        ],
    }
    assert [" ".join(line.split()) for line in rolled_back_lines(BACK)] == [
        "version 3 (serial 13) has what version 2 had",
        "the cloud holds more than the states list; the next run takes what has an address into the state:",
        "TYPE ID ADDRESS",
        f"alicloud_vpc vpc-1 {VPC}",
        "alicloud_eip_address eip-1 (left alone)",
    ]


def test_rollback_to_the_newest_version_changes_nothing() -> None:
    lines = rolled_back_lines(replace(BACK, number=None, beyond=()))
    assert lines == ["version 2 is the newest already; nothing was changed"]


def test_place_is_told_before_and_after() -> None:
    placed = [Placed(WORKER, Place(), Place(CLOUD, STORE))]
    cloud = {"kind": "alibabacloud", "account": "1234", "region": "eu-central-1"}
    after = {"cloud": cloud, "store": {"bucket": "backups"}}
    assert placed_document(placed) == {"states": [{"root": "worker", "before": {}, "after": after}]}
    assert placed_lines(placed) == [
        "the worker state belongs to account 1234, region eu-central-1, and lies in bucket backups"
    ]


def test_unlocked_lease_says_whose_it_was() -> None:
    unlocked = [Unlocked(INFRASTRUCTURE, None), Unlocked(WORKER, HOLDER)]
    holder = {
        "run": "run-1",
        "host": "seed-7",
        "operation": "apply",
        "since": "2026-11-22T12:00:00+00:00",
        "expires": "2026-11-22T12:01:01+00:00",
    }
    leases = [{"root": "infrastructure", "holder": None}, {"root": "worker", "holder": holder}]
    assert unlocked_document(unlocked) == {"leases": leases}
    assert unlocked_lines(unlocked) == [
        "the lease of the infrastructure state is free: no run holds it",
        "the lease of the worker state is taken from run run-1 and free",
    ]

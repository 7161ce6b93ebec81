"""Which entry of the bucket is the shoot's when no manifest says its uid."""

from __future__ import annotations

import yaml

from tests.e2e.conftest import ENTRY, Provision, open_bucket
from tests.e2e.variants import example, put


def write_without_uid(provision: Provision):
    documents = example()
    documents["Shoot"]["metadata"].pop("uid", None)
    put("Shoot/status", {})(documents)
    path = provision.folder / "no-uid.yaml"
    path.write_text(yaml.safe_dump_all(documents.values()))
    return path


def put_beside(provision: Provision, *keys: str) -> None:
    with open_bucket(provision) as store:
        for key in keys:
            store.put_if_absent(key, b"", {})


def test_the_one_entry_with_a_state_is_found_among_backups_and_other_shoots(applied):
    put_beside(
        applied,
        "shoot--demo--canary--0-only-backups/etcd-main/v2/Full-1.gz",
        "shoot--demo--canary--1-an-object",
        "shoot--demo--canary-2--uid/provisioner/worker/state/0000000001.tfstate",
        f"{ENTRY}/etcd-main/v2/Full-1.gz",
    )
    found = applied("state", "list", write_without_uid(applied), "-o", "json")
    assert (found.code, found.err) == (0, "")
    assert found.document


def test_several_entries_with_a_state_are_named(applied):
    other = "shoot--demo--canary--uid-2"
    put_beside(applied, f"{other}/etcd-main/v2/Full-1.gz", f"{other}/provisioner/worker/state/0000000001.tfstate")
    refused = applied("state", "list", write_without_uid(applied))
    assert refused.code == 3
    assert f"the bucket holds several entries of shoot--demo--canary: {ENTRY}, {other}" in refused.err

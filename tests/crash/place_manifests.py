"""The example's manifests, as the matrix applies them first, and with changes that move them to another place."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from pathlib import Path

import yaml

from tests.crash.bucket_contents import OTHER_BUCKET
from tests.crash.tenants import OTHER_KEY
from tests.e2e.conftest import Provision
from tests.e2e.other_user import other_user
from tests.e2e.variants import EXTENSIONS, Documents, example, in_shanghai, only_zones

OTHER_TECHNICAL_ID = "shoot--demo--elsewhere"
OTHER_UID = "11111111-2222-3333-4444-555555555555"
OTHER_ENTRY = "99999999-8888-7777-6666-555555555555"
"""The part of the entry name after the technical ID."""
OTHER_REGION = "cn-shanghai"
CALLERS = ("RAM user", "assumed role")
"""Other callers of the same account."""


def _in_account(documents: Documents) -> None:
    documents["cloudprovider"]["stringData"] = dict(zip(("accessKeyID", "accessKeySecret"), OTHER_KEY, strict=True))


def _in_bucket(documents: Documents) -> None:
    documents["BackupBucket"]["metadata"]["name"] = OTHER_BUCKET


def _with_technical_id(documents: Documents) -> None:
    documents["Shoot"]["status"]["technicalID"] = OTHER_TECHNICAL_ID


def _with_uid(documents: Documents) -> None:
    documents["Shoot"]["status"]["uid"] = OTHER_UID


def _with_entry(documents: Documents) -> None:
    bucket = documents["BackupBucket"]
    documents["BackupEntry"] = {
        "apiVersion": EXTENSIONS,
        "kind": "BackupEntry",
        "metadata": {"name": f"{documents['Shoot']['status']['technicalID']}--{OTHER_ENTRY}"},
        "spec": {**bucket["spec"], "bucketName": bucket["metadata"]["name"]},
    }


def _in_other_cloud(documents: Documents) -> None:
    """Change nothing: the cell runs in another sandbox."""


CHANGES: Mapping[str, Callable[[Documents], None]] = {
    "account": _in_account,
    "region": in_shanghai,
    "bucket": _in_bucket,
    "technical ID": _with_technical_id,
    "uid": _with_uid,
    "entry name": _with_entry,  # after the changes that it is made of
    "cloud": _in_other_cloud,
}


def manifests() -> Documents:
    """Return the example in two zones, as the other region has no more, with a separate Secret for the bucket."""
    documents = example()
    only_zones("ab")(documents)
    secret = copy.deepcopy(documents["cloudprovider"])
    secret["metadata"]["name"] = "backup"
    documents["backup"] = secret
    documents["BackupBucket"]["spec"]["secretRef"]["name"] = "backup"
    return documents


def write(place: Provision, changes: tuple[str, ...]) -> Path:
    """Write the manifests with these changes into the folder of a sandbox, and return the file."""
    documents = manifests()
    for name, change in CHANGES.items():
        if name in changes:
            change(documents)
    return _dump(place, "-and-".join(changes).replace(" ", "-") or "unchanged", documents)


def write_for_caller(place: Provision, caller: str) -> Path:
    """Write the manifests with the credentials of one of CALLERS, and return the file."""
    documents = manifests()
    with other_user(place) as user:
        documents["cloudprovider"]["stringData"] = user.a_user() if caller == "RAM user" else user.a_session()
    return _dump(place, caller.replace(" ", "-"), documents)


def _dump(place: Provision, name: str, documents: Documents) -> Path:
    file = place.folder / f"{name}.yaml"
    file.write_text(yaml.safe_dump_all(documents.values(), sort_keys=False))
    return file

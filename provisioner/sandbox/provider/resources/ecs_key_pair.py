"""alicloud_ecs_key_pair: id `KeyPairName`."""

from __future__ import annotations

import json
import os
import time
import uuid
from pathlib import Path

from provisioner.sandbox.provider.calls import ECS, Connection
from provisioner.sandbox.provider.failures import InvalidRequest, ObjectMissing
from provisioner.sandbox.provider.record import Record
from provisioner.sandbox.provider.resources.operations import Operations
from provisioner.sandbox.provider.resources.tags import change_tags, nested, read_tags, tag_parameters


def create(record: Record, connection: Connection) -> None:
    """Import the public key, or have a key pair made when there is none."""
    public_key = record.ok("public_key") and (record.configured("public_key") or record.get("public_key"))
    answer = connection.call(
        ECS,
        "ImportKeyPair" if public_key else "CreateKeyPair",
        {
            "RegionId": connection.region,
            "KeyPairName": record.ok("key_pair_name")
            or record.ok("key_name")
            or _unique_name(record.ok("key_name_prefix") or "terraform-"),
            "ResourceGroupId": record.ok("resource_group_id"),
            "Tag": tag_parameters(record.ok("tags")),
            "PublicKeyBody": public_key,
        },
        subject="alicloud_ecs_key_pair",
        timeout_seconds=record.timeout_seconds("create"),
    )
    record.id = answer["KeyPairName"]
    if record.ok("key_file") and "PrivateKeyBody" in answer:
        _write_private_key(Path(record.get("key_file")), answer["PrivateKeyBody"])
    read(record, connection)


def read(record: Record, connection: Connection) -> None:
    """Read the key pair; the public key stays as configured."""
    request = {"KeyPairName": record.id, "RegionId": connection.region}
    answer = connection.call(ECS, "DescribeKeyPairs", request, subject=record.id)
    pairs = nested(answer, "KeyPairs", "KeyPair")
    if not pairs or pairs[0].get("KeyPairName") == "":
        raise ObjectMissing("KeyPair", record.id)
    record.set_present(
        pairs[0],
        {
            "finger_print": "KeyPairFingerPrint",
            "create_time": "CreationTime",
            "resource_group_id": "ResourceGroupId",
            "key_pair_name": "KeyPairName",
            "key_name": "KeyPairName",
        },
    )
    record.set("tags", read_tags(nested(pairs[0], "Tags", "Tag")))


def update(record: Record, connection: Connection) -> None:
    """Change resource group and tags. A changed public key changes nothing but the state."""
    record.begin_partial()
    if record.has_change("resource_group_id"):
        connection.call(
            ECS,
            "JoinResourceGroup",
            {
                "ResourceId": record.id,
                "RegionId": connection.region,
                "ResourceGroupId": record.ok("resource_group_id"),
                "ResourceType": "keypair",
            },
            subject=record.id,
            timeout_seconds=record.timeout_seconds("update"),
        )
    change_tags(record, connection, ECS, "keypair")
    read(record, connection)


def delete(record: Record, connection: Connection) -> None:
    """Delete the key pair."""
    connection.remove(
        ECS,
        "DeleteKeyPairs",
        {"KeyPairNames": json.dumps([record.id]), "RegionId": connection.region},
        gone_on=(),
        missing_is_gone=True,
        subject=record.id,
        repeat_on=("ServiceUnavailable", "InvalidParameter.KeypairAlreadyAttachedInstance"),
        timeout_seconds=record.timeout_seconds("delete"),
    )


def _unique_name(prefix: str) -> str:
    return f"{prefix}{time.strftime('%Y%m%d%H%M%S', time.gmtime())}{uuid.uuid4().hex[:12]}"


def _write_private_key(path: Path, private_key: str) -> None:
    try:
        with open(path, "w", opener=lambda name, flags: os.open(name, flags, 0o600), encoding="utf-8") as file:
            file.write(private_key)
        path.chmod(0o400)
    except OSError as problem:
        raise InvalidRequest(f"open {path}: {problem.strerror}") from problem


OPERATIONS = Operations(create, read, update, delete)

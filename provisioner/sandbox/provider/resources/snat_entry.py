"""alicloud_snat_entry: id `<SnatTableId>:<SnatEntryId>`."""

from __future__ import annotations

from typing import Any

from provisioner.sandbox.provider.calls import VPC, Connection, client_token
from provisioner.sandbox.provider.failures import ObjectMissing, ServiceRefused
from provisioner.sandbox.provider.record import Record
from provisioner.sandbox.provider.resources.operations import Operations
from provisioner.sandbox.provider.resources.status import await_status
from provisioner.sandbox.provider.resources.tags import nested

_GONE = ("InvalidSnatTableId.NotFound", "InvalidSnatEntryId.NotFound")
_REPEAT_CREATE = (
    "EIP_NOT_IN_GATEWAY",
    "OperationUnsupported.EipNatBWPCheck",
    "OperationUnsupported.EipInBinding",
    "InternalError",
    "IncorrectStatus.NATGW",
    "OperationConflict",
    "OperationUnsupported.EipNatGWCheck",
)


def create(record: Record, connection: Connection) -> None:
    """Create the entry and wait for it."""
    timeout = record.timeout_seconds("create")
    answer = connection.call(
        VPC,
        "CreateSnatEntry",
        {
            "SnatTableId": record.get("snat_table_id"),
            "SnatIp": record.get("snat_ip"),
            "RegionId": connection.region,
            "ClientToken": client_token("CreateSnatEntry"),
            "SourceVSwitchId": record.ok("source_vswitch_id"),
            "SnatEntryName": record.ok("snat_entry_name"),
            "SourceCIDR": record.ok("source_cidr"),
            "EipAffinity": record.given("eip_affinity"),
        },
        subject="alicloud_snat_entry",
        repeat_on=_REPEAT_CREATE,
        timeout_seconds=timeout,
    )
    record.id = f"{record.get('snat_table_id')}:{answer['SnatEntryId']}"
    await_status(record, connection, _describe, ("Available",), timeout)
    read(record, connection)


def read(record: Record, connection: Connection) -> None:
    """Read the entry."""
    _complete_id(record)
    record.set_present(
        _describe(record, connection),
        {
            "eip_affinity": "EipAffinity",
            "snat_entry_name": "SnatEntryName",
            "snat_ip": "SnatIp",
            "source_cidr": "SourceCIDR",
            "source_vswitch_id": "SourceVSwitchId",
            "status": "Status",
            "snat_entry_id": "SnatEntryId",
            "snat_table_id": "SnatTableId",
        },
    )


def update(record: Record, connection: Connection) -> None:
    """Change name, addresses or affinity."""
    _complete_id(record)
    if record.has_change("snat_entry_name", "snat_ip", "eip_affinity"):
        timeout = record.timeout_seconds("update")
        table, entry = record.id.split(":")
        connection.call(
            VPC,
            "ModifySnatEntry",
            {
                "SnatTableId": table,
                "SnatEntryId": entry,
                "RegionId": connection.region,
                "ClientToken": client_token("ModifySnatEntry"),
                "SnatEntryName": record.ok("snat_entry_name"),
                "SnatIp": record.get("snat_ip"),
                "EipAffinity": record.given("eip_affinity") if record.has_change("eip_affinity") else None,
            },
            subject=record.id,
            repeat_on=("IncorrectStatus.NATGW",),
            timeout_seconds=timeout,
        )
        await_status(record, connection, _describe, ("Available",), timeout)
    read(record, connection)


def delete(record: Record, connection: Connection) -> None:
    """Delete the entry and wait until it is gone."""
    _complete_id(record)
    timeout = record.timeout_seconds("delete")
    table, entry = record.id.split(":")
    removed = connection.remove(
        VPC,
        "DeleteSnatEntry",
        {
            "SnatTableId": table,
            "SnatEntryId": entry,
            "RegionId": connection.region,
            "ClientToken": client_token("DeleteSnatEntry"),
        },
        gone_on=_GONE,
        missing_is_gone=True,
        subject=record.id,
        repeat_on=("IncorretSnatEntryStatus", "IncorrectStatus.NATGW", "OperationConflict"),
        timeout_seconds=timeout,
    )
    if removed:
        await_status(record, connection, _describe, (), timeout)


def _complete_id(record: Record) -> None:
    # Ids written before provider 1.37 lack the table.
    if record.id.startswith("snat-"):
        record.id = f"{record.get('snat_table_id')}:{record.id}"


def _describe(record: Record, connection: Connection) -> dict[str, Any]:
    table, entry = record.id.split(":")
    request = {"SnatEntryId": entry, "SnatTableId": table, "RegionId": connection.region}
    try:
        answer = connection.call(VPC, "DescribeSnatTableEntries", request, subject=record.id)
    except ServiceRefused as refused:
        if refused.is_any_of(_GONE):
            raise ObjectMissing("SnatEntry", record.id) from refused
        raise
    entries = nested(answer, "SnatTableEntries", "SnatTableEntry")
    if not entries:
        raise ObjectMissing("SnatEntry", record.id)
    return dict(entries[0])


OPERATIONS = Operations(create, read, update, delete, id_parts=2)

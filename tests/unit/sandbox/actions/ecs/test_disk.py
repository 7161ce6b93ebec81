"""Disks: with which instance they come and go, and what can be changed about them."""

from __future__ import annotations

from typing import Any

from tests.unit.sandbox.conftest import Place


def test_disks_come_and_go_with_their_instance(place: Place, account: Any) -> None:
    instance_id = place.an_instance(
        SystemDisk__Category="cloud_essd", SystemDisk__Size=60, DataDisk__1__Size=20, DataDisk__1__DiskName="data"
    )

    def disks(**parameters: object) -> list[tuple[object, ...]]:
        found = account.ecs("DescribeDisks", InstanceId=instance_id, **parameters)["Disks"]["Disk"]
        assert {disk["InstanceId"] for disk in found} <= {instance_id}
        return [(disk["Type"], disk["Category"], disk["Size"], disk["DiskName"]) for disk in found]

    system, data = ("system", "cloud_essd", 60, ""), ("data", "cloud_efficiency", 20, "data")
    assert (disks(), disks(DiskType="system")) == ([system, data], [system])
    account.ecs("DeleteInstance", InstanceId=instance_id, Force=True)
    account.settle()
    assert disks() == []


def test_a_disk_that_is_to_stay_outlives_its_instance(place: Place, account: Any, refused: Any) -> None:
    instance_id = place.an_instance(DataDisk__1__Size=20, DataDisk__1__DeleteWithInstance=False)
    (disk,) = account.ecs("DescribeDisks", DiskType="data")["Disks"]["Disk"]
    error = refused(account.ecs, "DeleteDisk", DiskId=disk["DiskId"])
    assert (error.code, error.http_status) == ("IncorrectDiskStatus", 403)
    account.ecs("DeleteInstance", InstanceId=instance_id, Force=True)
    (left,) = account.ecs("DescribeDisks", DiskType="data")["Disks"]["Disk"]
    assert (left["DiskId"], left["Status"], left["InstanceId"]) == (disk["DiskId"], "Available", "")
    account.settle()
    assert account.cloud.counts()["disk"] == 1
    account.ecs("ResizeDisk", DiskId=disk["DiskId"], NewSize=30)
    account.ecs("DeleteDisk", DiskId=disk["DiskId"])
    assert refused(account.ecs, "DeleteDisk", DiskId=disk["DiskId"]).code == "InvalidDiskId.NotFound"


def test_a_disk_that_is_no_longer_to_stay_goes(place: Place, account: Any) -> None:
    instance_id = place.an_instance(DataDisk__1__Size=20, DataDisk__1__DeleteWithInstance=False)
    (disk,) = account.ecs("DescribeDisks", DiskType="data")["Disks"]["Disk"]
    account.ecs("ModifyDiskAttribute", DiskId=disk["DiskId"], DeleteWithInstance=True)
    account.ecs("DeleteInstance", InstanceId=instance_id, Force=True)
    account.settle()
    assert account.ecs("DescribeDisks")["Disks"]["Disk"] == []


def test_a_disk_is_renamed_and_grows_but_never_shrinks(place: Place, account: Any, refused: Any) -> None:
    instance_id = place.an_instance()

    def disk() -> dict[str, Any]:
        (found,) = account.ecs("DescribeDisks", InstanceId=instance_id)["Disks"]["Disk"]
        return dict(found)

    disk_id = disk()["DiskId"]
    account.ecs("ResizeDisk", DiskId=disk_id, NewSize=50)
    account.ecs("ModifyDiskAttribute", DiskId=disk_id, DiskName="root", Description="")
    assert (disk()["DiskId"], disk()["Size"], disk()["DiskName"]) == (disk_id, 50, "root")
    assert refused(account.ecs, "ResizeDisk", DiskId=disk_id, NewSize=40).code == "InvalidDiskSize.NotSupported"
    error = refused(account.ecs, "ResizeDisk", DiskId="d-missing", NewSize=40)
    assert (error.code, error.http_status) == ("InvalidDiskId.NotFound", 404)

"""Images: whose they are, who may use them, how they are found, and when they cannot be deleted."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.sandbox.conftest import IMAGE

OWN = "m-own"


@pytest.fixture
def owner(account: Any) -> Any:
    """Return an account with a custom image of its own."""
    account.cloud.add_image(OWN, "eu-central-1", name="golden", owner=account.caller.account_id)
    return account


def images(account: Any, **parameters: object) -> list[dict[str, Any]]:
    return list(account.ecs("DescribeImages", PageSize=100, **parameters)["Images"]["Image"])


def shared_with(account: Any) -> list[str]:
    accounts = account.ecs("DescribeImageSharePermission", ImageId=OWN)["Accounts"]["Account"]
    return [one["AliyunId"] for one in accounts]


def share(owner: Any, *accounts: str) -> None:
    added = {f"AddAccount.{number}": account for number, account in enumerate(accounts, start=1)}
    owner.ecs("ModifyImageSharePermission", ImageId=OWN, **added)


def an_instance(account: Any) -> None:
    vpc_id = account.a_vpc()
    place = {"VSwitchId": account.a_vswitch(vpc_id), "SecurityGroupId": account.a_security_group(vpc_id)}
    account.ecs("RunInstances", ImageId=OWN, InstanceType="ecs.g7.large", **place)


def test_an_image_of_an_account_is_its_own(owner: Any, other_account: Any) -> None:
    (image,) = images(owner, ImageOwnerAlias="self")
    assert (image["ImageId"], image["ImageName"], image["IsSelfShared"]) == (OWN, "golden", "False")
    assert images(other_account, ImageId=OWN) == []


def test_a_shared_image_is_seen_by_the_other_account(owner: Any, other_account: Any) -> None:
    share(owner, other_account.caller.account_id)
    assert [image["ImageId"] for image in images(other_account, ImageOwnerAlias="others", ImageName="golden")] == [OWN]
    assert [image["IsSelfShared"] for image in images(owner, ImageId=OWN)] == ["True"]
    assert shared_with(owner) == [other_account.caller.account_id]


def test_an_image_no_longer_shared_is_no_longer_seen(owner: Any, other_account: Any) -> None:
    share(owner, other_account.caller.account_id)
    owner.ecs("ModifyImageSharePermission", ImageId=OWN, RemoveAccount__1=other_account.caller.account_id)
    assert (images(other_account, ImageId=OWN), shared_with(owner)) == ([], [])


def test_an_image_that_is_not_seen_starts_nothing(owner: Any, other_account: Any, refused: Any) -> None:
    assert refused(an_instance, other_account).code == "InvalidImageId.NotFound"
    share(owner, other_account.caller.account_id)
    an_instance(other_account)
    assert other_account.cloud.counts()["instance"] == 1


@pytest.mark.parametrize("image_id", [IMAGE, "m-missing"])
def test_only_images_of_ones_own_are_shared(owner: Any, refused: Any, image_id: str) -> None:
    for action in ("DescribeImageSharePermission", "ModifyImageSharePermission"):
        error = refused(owner.ecs, action, ImageId=image_id)
        assert (error.code, error.http_status) == ("InvalidImageId.NotFound", 404)


def test_an_image_is_shared_neither_with_its_owner_nor_with_a_missing_account(owner: Any, refused: Any) -> None:
    errors = [refused(share, owner, account) for account in (owner.caller.account_id, "missing")]
    assert [(error.code, error.http_status) for error in errors] == [
        ("InvalidAccount.Forbbiden", 404),
        ("InvalidAccount.NotFound", 404),
    ]


def test_ten_accounts_are_added_at_once_and_no_more_than_the_quota(owner: Any, refused: Any) -> None:
    share(owner, *(f"1{number:015d}" for number in range(11)))
    assert owner.ecs("DescribeImageSharePermission", ImageId=OWN)["TotalCount"] == 10
    owner.cloud.set_quota("image_share", 10)
    error = refused(share, owner, "1234567890123456")
    assert (error.code, error.http_status) == ("QuotaExceed.ShareImageUser", 403)


def test_an_image_in_use_is_deleted_by_force_alone(owner: Any, refused: Any) -> None:
    an_instance(owner)
    assert [image["ImageId"] for image in images(owner, Usage="instance")] == [OWN]
    error = refused(owner.ecs, "DeleteImage", ImageId=OWN)
    assert (error.code, error.http_status) == ("ImageUsingByInstance", 403)
    owner.ecs("DeleteImage", ImageId=OWN, Force=True)
    assert images(owner, ImageId=OWN) == []


def test_a_shared_image_is_not_deleted(owner: Any, other_account: Any, refused: Any) -> None:
    share(owner, other_account.caller.account_id)
    error = refused(owner.ecs, "DeleteImage", ImageId=OWN, Force=True)
    assert (error.code, error.http_status) == ("ImageUseShared", 403)


def test_deleting_an_image_that_is_not_ones_own_changes_nothing(owner: Any, other_account: Any) -> None:
    for image_id in (OWN, IMAGE, "m-missing"):
        other_account.ecs("DeleteImage", ImageId=image_id)
    assert (len(images(owner, ImageId=OWN)), len(images(owner, ImageId=IMAGE))) == (1, 1)


@pytest.mark.parametrize(
    ("filters", "names"),
    [
        ({"ImageOwnerAlias": "system", "ImageName": "ubuntu_24*"}, {"ubuntu_24_04_x64_20G_alibase_20240812.vhd"}),
        ({"ImageFamily": "acs:ubuntu_22_04_x64"}, {"ubuntu_22_04_x64_20G_alibase_20240530.vhd"}),
        ({"ImageOwnerAlias": "others", "Architecture": "arm64"}, {"gardenlinux-1592.4.0-arm64"}),
        ({"ImageOwnerAlias": "others", "InstanceType": "ecs.g8y.large"}, {"gardenlinux-1592.4.0-arm64"}),
        ({"ImageOwnerAlias": "marketplace"}, set()),
        ({"OSType": "windows"}, set()),
        ({"Status": "Creating,Waiting"}, set()),
        ({"ImageId": f"{OWN},{IMAGE}", "Status": "Available,Creating"}, {"golden", IMAGE}),
        ({"Usage": "instance"}, set()),
        ({"IsSupportIoOptimized": "false"}, set()),
        ({"SnapshotId": "s-1"}, set()),
    ],
)
def test_images_are_found_by_what_they_are(owner: Any, filters: dict[str, object], names: set[str]) -> None:
    assert {image["ImageName"] for image in images(owner, **filters)} == names


def test_images_are_found_by_their_owner_tags_and_resource_group(owner: Any) -> None:
    target = {"ResourceType": "image", "ResourceId__1": OWN}
    owner.ecs("TagResources", **target, Tag__1__Key="a", Tag__1__Value="1")
    owner.ecs("JoinResourceGroup", ResourceType="image", ResourceId=OWN, ResourceGroupId="rg-one")
    filters = [{"Tag__1__Key": "a"}, {"ResourceGroupId": "rg-one"}, {"ImageOwnerId": owner.caller.account_id}]
    assert [[image["ImageId"] for image in images(owner, **one)] for one in filters] == [[OWN]] * 3
    assert images(owner, Tag__1__Key="b") == []


def test_a_public_image_cannot_be_tagged(owner: Any, refused: Any) -> None:
    error = refused(owner.ecs, "TagResources", ResourceType="image", ResourceId__1=IMAGE, Tag__1__Key="a")
    assert (error.code, error.http_status) == ("InvalidResourceId.NotFound", 404)


def test_images_are_paged_to_the_end(owner: Any) -> None:
    total = len(images(owner))
    pages = [owner.ecs("DescribeImages", PageNumber=number, PageSize=4) for number in range(1, total // 4 + 2)]
    ids = [image["ImageId"] for page in pages for image in page["Images"]["Image"]]
    assert (len(ids), len(set(ids)), {page["TotalCount"] for page in pages}) == (total, total, {total})


def test_tags_are_listed_with_how_often_they_are_used(owner: Any) -> None:
    group_id = owner.a_security_group(owner.a_vpc())
    for resource_type, resource_id in (("image", OWN), ("securitygroup", group_id)):
        target = {"ResourceType": resource_type, "ResourceId__1": resource_id}
        owner.ecs("TagResources", **target, Tag__1__Key="a", Tag__1__Value="1")

    def tags(**parameters: object) -> list[tuple[str, str, int, int]]:
        shown = owner.ecs("DescribeTags", **parameters)["Tags"]["Tag"]
        counts = [tag["ResourceTypeCount"] for tag in shown]
        return [
            (tag["TagKey"], tag["TagValue"], count["Image"], count["Securitygroup"])
            for tag, count in zip(shown, counts, strict=True)
        ]

    assert tags() == [("a", "1", 1, 1)]
    assert tags(ResourceType="image", ResourceId=OWN) == [("a", "1", 1, 0)]
    assert (tags(ResourceType="image", ResourceId=IMAGE), tags(ResourceType="disk")) == ([], [])


def test_tags_of_nothing_are_not_listed(owner: Any, refused: Any) -> None:
    error = refused(owner.ecs, "DescribeTags", ResourceType="moon")
    assert (error.code, error.http_status) == ("InvalidResourceType.NotFound", 404)

"""Launch templates: versions, what they say, and instances started from them."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from tests.unit.sandbox.conftest import IMAGE, USER_DATA


def a_template(account: Any, name: str = "nodes", **parameters: object) -> str:
    return str(account.ecs("CreateLaunchTemplate", LaunchTemplateName=name, **parameters)["LaunchTemplateId"])


def templates(account: Any, **parameters: object) -> list[dict[str, Any]]:
    found = account.ecs("DescribeLaunchTemplates", **parameters)
    return list(found["LaunchTemplateSets"]["LaunchTemplateSet"])


def versions(account: Any, template_id: str, **parameters: object) -> list[dict[str, Any]]:
    found = account.ecs("DescribeLaunchTemplateVersions", LaunchTemplateId=template_id, **parameters)
    return list(found["LaunchTemplateVersionSets"]["LaunchTemplateVersionSet"])


def data(account: Any, template_id: str) -> dict[str, Any]:
    return dict(versions(account, template_id)[0]["LaunchTemplateData"])


def test_an_empty_template_shows_empty_lists_and_nothing_invented(account: Any) -> None:
    assert data(account, a_template(account)) == {
        "DataDisks": {"DataDisk": []},
        "NetworkInterfaces": {"NetworkInterface": []},
        "SecurityGroupIds": {"SecurityGroupId": []},
        "Tags": {"InstanceTag": []},
    }


def test_what_was_sent_is_shown_with_its_type(account: Any) -> None:
    template_id = a_template(
        account,
        **{"ImageId": "m-any", "InternetMaxBandwidthOut": 5, "SpotPriceLimit": 0.5, "AutoRenew": False},
        **{"SystemDisk.Size": 40, "SystemDisk.Encrypted": "true", "SystemDisk.Category": "cloud_essd"},
        **{"DataDisk.1.Size": 20, "DataDisk.1.DeleteWithInstance": "true", "DataDisk.1.Encrypted": "false"},
        **{"NetworkInterface.1.VSwitchId": "vsw-1", "NetworkInterface.1.SecurityGroupIds.1": "sg-1"},
        **{"SecurityGroupIds.1": "sg-1", "Tag.1.Key": "a", "Tag.1.Value": "1", "UserData": USER_DATA},
        **{"ImageOptions.LoginAsNonRoot": "true"},
    )
    assert data(account, template_id) == {
        "ImageId": "m-any",
        "InternetMaxBandwidthOut": 5,
        "SpotPriceLimit": 0.5,
        "AutoRenew": False,
        "SystemDisk.Size": 40,
        "SystemDisk.Encrypted": True,
        "SystemDisk.Category": "cloud_essd",
        "DataDisks": {"DataDisk": [{"Size": 20, "DeleteWithInstance": True, "Encrypted": False}]},
        "NetworkInterfaces": {
            "NetworkInterface": [{"VSwitchId": "vsw-1", "SecurityGroupIds": {"SecurityGroupId": ["sg-1"]}}]
        },
        "SecurityGroupIds": {"SecurityGroupId": ["sg-1"]},
        "Tags": {"InstanceTag": [{"Key": "a", "Value": "1"}]},
        "UserData": USER_DATA,
        "ImageOptions": {"LoginAsNonRoot": True},
    }


@pytest.mark.parametrize(
    ("parameters", "code", "status"),
    [
        ({"LaunchTemplateName": ""}, "MissingLaunchTemplateName", 400),
        ({"LaunchTemplateName": "1"}, "InvalidLaunchTemplateName.Malformed", 400),
        ({"LaunchTemplateName": "nodes"}, "LaunchTemplateName.Duplicated", 403),
        ({"VersionDescription": "http://"}, "InvalidDescription.Malformed", 400),
        ({"UserData": "not base64!"}, "InvalidUserData.Base64FormatInvalid", 400),
        ({"UserData": base64.b64encode(bytes(16 * 1024 + 1)).decode()}, "InvalidUserData.SizeExceeded", 400),
        ({"SpotPriceLimit": "little"}, "InvalidParameter", 400),
    ],
)
def test_a_wrong_template_is_refused(
    account: Any, refused: Any, *, parameters: dict[str, object], code: str, status: int
) -> None:
    a_template(account)
    error = refused(account.ecs, "CreateLaunchTemplate", **{"LaunchTemplateName": "other", **parameters})
    assert (error.code, error.http_status) == (code, status)
    assert account.cloud.counts() == {"launch_template": 1}


def test_templates_are_found_by_id_name_and_tags(account: Any, other_account: Any) -> None:
    wanted = a_template(account, TemplateTag__1__Key="a", TemplateTag__1__Value="1", TemplateResourceGroupId="rg-one")
    a_template(account, "others", TemplateTag__1__Key="a", TemplateTag__1__Value="2")
    filters: list[dict[str, object]] = [
        {"LaunchTemplateId__1": wanted},
        {"LaunchTemplateName__1": "nodes"},
        {"TemplateTag__1__Key": "a", "TemplateTag__1__Value": "1"},
        {"TemplateResourceGroupId": "rg-one"},
    ]
    found = [[template["LaunchTemplateId"] for template in templates(account, **one)] for one in filters]
    assert found == [[wanted]] * len(filters)
    assert (templates(account, TemplateTag__1__Key="b"), templates(other_account)) == ([], [])


def test_versions_are_numbered_and_one_of_them_is_the_default(account: Any) -> None:
    template_id = a_template(account, VersionDescription="first")
    made = account.ecs("CreateLaunchTemplateVersion", LaunchTemplateId=template_id, VersionDescription="second")
    assert made["LaunchTemplateVersionNumber"] == 2
    shown = [
        (version["VersionNumber"], version["VersionDescription"], version["DefaultVersion"])
        for version in versions(account, template_id)
    ]
    assert shown == [(2, "second", False), (1, "first", True)]
    account.ecs("ModifyLaunchTemplateDefaultVersion", LaunchTemplateId=template_id, DefaultVersionNumber=2)
    (template,) = templates(account)
    assert (template["DefaultVersionNumber"], template["LatestVersionNumber"]) == (2, 2)
    assert [version["VersionNumber"] for version in versions(account, template_id, DefaultVersion="true")] == [2]
    assert [version["VersionNumber"] for version in versions(account, template_id, LaunchTemplateVersion__1=1)] == [1]


def test_a_deleted_version_s_number_is_not_used_again(account: Any) -> None:
    template_id = a_template(account)
    account.ecs("CreateLaunchTemplateVersion", LaunchTemplateId=template_id)
    account.ecs("DeleteLaunchTemplateVersion", LaunchTemplateId=template_id, DeleteVersion__1=2)
    made = account.ecs("CreateLaunchTemplateVersion", LaunchTemplateId=template_id)
    assert made["LaunchTemplateVersionNumber"] == 3


def test_the_default_version_is_not_deleted(account: Any, refused: Any) -> None:
    template_id = a_template(account)
    error = refused(account.ecs, "DeleteLaunchTemplateVersion", LaunchTemplateId=template_id, DeleteVersion__1=1)
    assert (error.code, error.http_status) == ("InvalidParameter", 400)


@pytest.mark.parametrize("action", ["ModifyLaunchTemplateDefaultVersion", "DeleteLaunchTemplateVersion"])
def test_a_version_that_does_not_exist_is_refused(account: Any, refused: Any, action: str) -> None:
    numbers = {"DefaultVersionNumber": 2, "DeleteVersion__1": 2}
    error = refused(account.ecs, action, LaunchTemplateId=a_template(account), **numbers)
    assert (error.code, error.http_status) == ("InvalidLaunchTemplateVersion.NotFound", 404)


@pytest.mark.parametrize(
    "action",
    ["DescribeLaunchTemplateVersions", "CreateLaunchTemplateVersion", "DeleteLaunchTemplate"],
)
def test_a_template_that_does_not_exist_is_refused(account: Any, refused: Any, action: str) -> None:
    error = refused(account.ecs, action, LaunchTemplateId="lt-missing")
    assert (error.code, error.http_status) == ("InvalidLaunchTemplate.NotFound", 404)


def test_templates_and_versions_have_quotas(account: Any, refused: Any) -> None:
    account.cloud.set_quota("launch_template", 1)
    account.cloud.set_quota("launch_template_version", 1)
    template_id = a_template(account)
    errors = [
        refused(account.ecs, "CreateLaunchTemplate", LaunchTemplateName="other"),
        refused(account.ecs, "CreateLaunchTemplateVersion", LaunchTemplateId=template_id),
    ]
    assert [(error.code, error.http_status) for error in errors] == [
        ("LaunchTemplateLimitExceed", 403),
        ("LaunchTemplateVersionLimitExceed", 403),
    ]


def test_a_deleted_template_takes_its_versions_along(account: Any) -> None:
    template_id = a_template(account)
    account.ecs("CreateLaunchTemplateVersion", LaunchTemplateId=template_id)
    answer = account.ecs("DeleteLaunchTemplate", LaunchTemplateName="nodes")
    assert answer["LaunchTemplateVersionNumbers"] == {"versionNumbers": [1, 2]}
    assert (templates(account), account.cloud.counts()) == ([], {})


def test_a_reset_forgets_templates(account: Any) -> None:
    a_template(account)
    account.cloud.reset()
    assert account.cloud.counts() == {}


def test_user_data_is_readable_in_no_file(account: Any) -> None:
    a_template(account, UserData=USER_DATA)
    assert USER_DATA.encode() not in account.on_disk()


def test_an_instance_takes_what_it_is_not_told_from_a_template(account: Any) -> None:
    vpc_id = account.a_vpc()
    vswitch_id = account.a_vswitch(vpc_id)
    first, second = account.a_security_group(vpc_id), account.a_security_group(vpc_id)
    template_id = a_template(
        account,
        **{"ImageId": IMAGE, "InstanceType": "ecs.g7.large", "VSwitchId": vswitch_id, "InstanceName": "from-template"},
        **{"SecurityGroupIds.1": first, "SecurityGroupIds.2": second, "UserData": USER_DATA},
        **{"Tag.1.Key": "a", "Tag.1.Value": "1", "DataDisk.1.Size": 20},
    )
    own = {"InstanceType": "ecs.g7.xlarge", "SecurityGroupIds.1": second}
    ids = [
        account.ecs("RunInstances", LaunchTemplateId=template_id, **changes)["InstanceIdSets"]["InstanceIdSet"][0]
        for changes in ({}, own)
    ]
    shown = [account.ecs("DescribeInstances", InstanceIds=f'["{id}"]')["Instances"]["Instance"][0] for id in ids]
    assert [(one["InstanceType"], one["SecurityGroupIds"]["SecurityGroupId"]) for one in shown] == [
        ("ecs.g7.large", [first, second]),
        ("ecs.g7.xlarge", [second]),
    ]
    assert {one["InstanceName"] for one in shown} == {"from-template"}
    assert account.ecs("DescribeUserData", InstanceId=ids[0])["UserData"] == USER_DATA
    assert len(account.ecs("DescribeDisks", InstanceId=ids[0])["Disks"]["Disk"]) == 2


def test_an_instance_takes_the_version_it_is_told(account: Any, refused: Any) -> None:
    vswitch_id = account.a_vswitch(account.a_vpc())
    template_id = a_template(account, ImageId="m-missing")
    account.ecs("CreateLaunchTemplateVersion", LaunchTemplateId=template_id, ImageId=IMAGE)
    target = {"LaunchTemplateName": "nodes", "VSwitchId": vswitch_id}
    assert refused(account.ecs, "RunInstances", **target).code == "InvalidImageId.NotFound"
    error = refused(account.ecs, "RunInstances", **target, LaunchTemplateVersion=2)
    assert (error.code, "InstanceType" in error.message) == ("MissingParameter", True)
    error = refused(account.ecs, "RunInstances", **target, LaunchTemplateVersion=3)
    assert (error.code, error.http_status) == ("InvalidLaunchTemplateVersion.NotFound", 404)


def test_resource_group_and_tags_of_a_template_are_set(account: Any) -> None:
    template_id = a_template(account)
    target = {"ResourceType": "launchtemplate", "ResourceId__1": template_id}
    account.ecs("TagResources", **target, Tag__1__Key="a", Tag__1__Value="1")
    account.ecs("JoinResourceGroup", ResourceType="launchtemplate", ResourceId=template_id, ResourceGroupId="rg-one")
    (template,) = templates(account, TemplateTag__1__Key="a")
    assert (template["Tags"], template["ResourceGroupId"]) == ({"Tag": [{"TagKey": "a", "TagValue": "1"}]}, "rg-one")
    account.ecs("UntagResources", **target, TagKey__1="a")
    assert templates(account)[0]["Tags"] == {"Tag": []}

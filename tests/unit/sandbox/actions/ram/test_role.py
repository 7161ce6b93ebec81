"""RAM roles, their policies and tags, and the roles of services."""

from __future__ import annotations

import json
from typing import Any

import pytest

RAM, RESOURCE_MANAGER = "2015-05-01", "2020-03-31"
TRUST = json.dumps(
    {
        "Statement": [
            {"Action": "sts:AssumeRole", "Effect": "Allow", "Principal": {"Service": ["ecs.aliyuncs.com"]}},
        ],
        "Version": "1",
    }
)
POLICY = {"PolicyType": "System", "PolicyName": "AliyunECSReadOnlyAccess"}


def ram(account: Any, action: str, **parameters: object) -> dict[str, Any]:
    """Run a Ram action; they take no region."""
    given = {name.replace("__", "."): str(value) for name, value in parameters.items()}
    return dict(account.cloud.call(account.caller, RAM, action, given))


def manager(account: Any, action: str, **parameters: object) -> dict[str, Any]:
    """Run an action of the resource manager."""
    return dict(account.call(RESOURCE_MANAGER, action, **parameters))


def create(account: Any, name: str = "Nodes", **parameters: object) -> dict[str, Any]:
    """Create a role and return it."""
    return dict(ram(account, "CreateRole", RoleName=name, **{"AssumeRolePolicyDocument": TRUST, **parameters})["Role"])


def test_a_role_is_shown_as_it_was_created(account: Any) -> None:
    made = create(account, Description="for nodes")
    shown = ram(account, "GetRole", RoleName="Nodes")["Role"]
    assert shown == made
    assert (shown["RoleName"], shown["Description"], shown["MaxSessionDuration"]) == ("Nodes", "for nodes", 3600)
    assert (shown["AssumeRolePolicyDocument"], shown["IsServiceLinkedRole"]) == (TRUST, False)


def test_an_arn_names_the_account_and_the_role_in_lower_case(account: Any) -> None:
    assert create(account)["Arn"] == f"acs:ram::{account.caller.account_id}:role/nodes"


def test_a_role_is_the_same_in_every_region(account: Any) -> None:
    """The older SDK for Go sends a region with every call."""
    create(account)
    for region in ("eu-central-1", "cn-hangzhou"):
        account.region = region
        assert account.call(RAM, "GetRole", RoleName="nodes")["Role"]["RoleName"] == "Nodes"


def test_accounts_do_not_share_roles(account: Any, other_account: Any, refused: Any) -> None:
    create(account)
    assert refused(ram, other_account, "GetRole", RoleName="Nodes").code == "EntityNotExist.Role"
    assert create(other_account)


@pytest.mark.parametrize(
    ("parameters", "code", "status"),
    [
        ({"RoleName": ""}, "MissingRoleName", 400),
        ({"RoleName": "x" * 65}, "InvalidParameter.RoleName.Length", 400),
        ({"RoleName": "no space"}, "InvalidParameter.RoleName.InvalidChars", 400),
        ({"AssumeRolePolicyDocument": ""}, "MissingAssumeRolePolicyDocument", 400),
        ({"AssumeRolePolicyDocument": "{"}, "MalformedPolicyDocument", 400),
        ({"AssumeRolePolicyDocument": '{"Version": "1", "Statement": []}'}, "MalformedPolicyDocument", 400),
        ({"AssumeRolePolicyDocument": '{"Version": "1", "Statement": 1}'}, "MalformedPolicyDocument", 400),
        (
            {"AssumeRolePolicyDocument": '{"Version": "1", "Statement": ["Principal, Action"]}'},
            "MalformedPolicyDocument",
            400,
        ),
        ({"AssumeRolePolicyDocument": "x" * 2049}, "InvalidParameter.AssumeRolePolicyDocument.Length", 400),
        ({"Description": "x" * 1025}, "InvalidParameter.Description.Length", 400),
        ({"MaxSessionDuration": 3599}, "InvalidParameter.MaxSessionDuration", 400),
        ({"RoleName": "TAKEN"}, "EntityAlreadyExists.Role", 409),
    ],
)
def test_a_wrong_role_is_refused(
    account: Any, refused: Any, *, parameters: dict[str, object], code: str, status: int
) -> None:
    create(account, "taken")
    given = {"RoleName": "Nodes", "AssumeRolePolicyDocument": TRUST, **parameters}
    error = refused(ram, account, "CreateRole", **given)
    assert (error.code, error.http_status) == (code, status)


def test_an_account_has_no_more_roles_than_its_quota(account: Any, refused: Any) -> None:
    account.cloud.set_quota("ram_role", 1)
    create(account, "one")
    error = refused(create, account, "two")
    assert (error.code, error.http_status) == ("LimitExceeded.Role", 409)


def test_a_role_is_changed_where_something_was_sent(account: Any) -> None:
    create(account, Description="for nodes")
    ram(account, "UpdateRole", RoleName="Nodes", NewMaxSessionDuration=7200)
    shown = ram(account, "GetRole", RoleName="Nodes")["Role"]
    assert (shown["MaxSessionDuration"], shown["Description"]) == (7200, "for nodes")
    ram(account, "UpdateRole", RoleName="Nodes", NewDescription="")
    assert ram(account, "GetRole", RoleName="Nodes")["Role"]["Description"] == ""


@pytest.mark.parametrize("action", ["GetRole", "UpdateRole", "DeleteRole", "ListPoliciesForRole", "AttachPolicyToRole"])
def test_a_missing_role_is_not_found(account: Any, refused: Any, *, action: str) -> None:
    error = refused(ram, account, action, RoleName="missing", **POLICY)
    assert (error.code, error.http_status) == ("EntityNotExist.Role", 404)


def test_roles_are_listed_from_a_marker_on(account: Any) -> None:
    for name in ("c", "A", "b"):
        create(account, name)
    first = ram(account, "ListRoles", MaxItems=2)
    second = ram(account, "ListRoles", MaxItems=2, Marker=first["Marker"])
    names = [[role["RoleName"] for role in answer["Roles"]["Role"]] for answer in (first, second)]
    assert (names, first["IsTruncated"], second["IsTruncated"]) == ([["A", "b"], ["c"]], True, False)


def test_a_role_with_policies_is_not_deleted(account: Any, refused: Any) -> None:
    create(account)
    ram(account, "AttachPolicyToRole", RoleName="Nodes", **POLICY)
    error = refused(ram, account, "DeleteRole", RoleName="Nodes")
    assert (error.code, error.http_status) == ("DeleteConflict.Role.Policy", 409)
    ram(account, "DetachPolicyFromRole", RoleName="Nodes", **POLICY)
    ram(account, "DeleteRole", RoleName="Nodes")
    assert account.cloud.counts() == {}


def test_a_role_s_policies_are_listed(account: Any) -> None:
    create(account)
    assert ram(account, "ListPoliciesForRole", RoleName="Nodes")["Policies"] == {"Policy": []}
    ram(account, "AttachPolicyToRole", RoleName="Nodes", **POLICY)
    (shown,) = ram(account, "ListPoliciesForRole", RoleName="Nodes")["Policies"]["Policy"]
    assert {name: shown[name] for name in POLICY} == POLICY


@pytest.mark.parametrize(
    ("parameters", "code", "status"),
    [
        ({"PolicyName": "AliyunNothing"}, "EntityNotExist.Policy", 404),
        ({"PolicyType": "Custom", "PolicyName": "mine"}, "EntityNotExist.Policy", 404),
        ({"PolicyType": "Other"}, "InvalidParameter.PolicyType", 400),
        ({"PolicyName": ""}, "MissingPolicyName", 400),
        ({"PolicyName": "ReadOnlyAccess"}, "EntityAlreadyExists.Role.Policy", 409),
    ],
)
def test_a_policy_that_cannot_be_attached_is_refused(
    account: Any, refused: Any, *, parameters: dict[str, object], code: str, status: int
) -> None:
    create(account)
    ram(account, "AttachPolicyToRole", RoleName="Nodes", PolicyType="System", PolicyName="ReadOnlyAccess")
    error = refused(ram, account, "AttachPolicyToRole", RoleName="Nodes", **{**POLICY, **parameters})
    assert (error.code, error.http_status) == (code, status)


def test_a_policy_that_is_not_attached_is_not_found(account: Any, refused: Any) -> None:
    create(account)
    error = refused(ram, account, "DetachPolicyFromRole", RoleName="Nodes", **POLICY)
    assert (error.code, error.http_status) == ("EntityNotExist.Role.Policy", 404)


def tags(account: Any) -> dict[str, str]:
    named = {"ResourceType": "role", "ResourceNames": '["Nodes"]'}
    return {row["TagKey"]: row["TagValue"] for row in ram(account, "ListTagResources", **named)["TagResources"]}


def test_tags_come_with_the_role_and_change_as_json_documents(account: Any) -> None:
    named = {"ResourceType": "role", "ResourceNames": '["Nodes"]'}
    create(account, Tag='[{"Key": "a", "Value": "1"}]')
    seen = [tags(account)]
    ram(account, "TagResources", **named, Tag='[{"Key": "b", "Value": "2"}, {"Key": "c", "Value": "3"}]')
    seen.append(tags(account))
    ram(account, "UntagResources", **named, TagKey__1="a", TagKeys='["b"]')
    assert [*seen, tags(account)] == [{"a": "1"}, {"a": "1", "b": "2", "c": "3"}, {"c": "3"}]


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        ({"ResourceNames": '["missing"]'}, "EntityNotExist.Role"),
        ({"ResourceNames": "[]"}, "InvalidParameter"),
        ({"ResourceNames": ""}, "MissingResourceNames"),
        ({"ResourceType": "policy"}, "InvalidParameter.ResourceType"),
        ({"Tag": "[]"}, "InvalidParameter"),
        ({"Tag": ""}, "MissingTag"),
        ({"Tag": "{"}, "InvalidParameter"),
        ({"Tag": '[{"Key": "acs:own"}]'}, "InvalidTagKey.Malformed"),
    ],
)
def test_wrong_tags_are_refused(account: Any, refused: Any, *, parameters: dict[str, object], code: str) -> None:
    create(account)
    given = {"ResourceType": "role", "ResourceNames": '["Nodes"]', "Tag": '[{"Key": "a"}]', **parameters}
    assert refused(ram, account, "TagResources", **given).code == code


def test_roles_are_counted_and_reset(account: Any, refused: Any) -> None:
    create(account)
    assert account.cloud.counts() == {"ram_role": 1}
    account.cloud.reset()
    account.cloud.enroll("LTAIone", "secret-one")
    assert refused(ram, account, "GetRole", RoleName="Nodes").code == "EntityNotExist.Role"


def test_the_role_of_a_service_is_created_once(account: Any, refused: Any) -> None:
    made = manager(account, "CreateServiceLinkedRole", ServiceName="nat.aliyuncs.com")["Role"]
    assert (made["RoleName"], made["IsServiceLinkedRole"]) == ("AliyunServiceRoleForNatgw", True)
    for version in (RAM, RESOURCE_MANAGER):
        assert account.call(version, "GetRole", RoleName="AliyunServiceRoleForNatgw")["Role"] == made
    error = refused(manager, account, "CreateServiceLinkedRole", ServiceName="nat.aliyuncs.com")
    assert (error.code, error.http_status) == ("EntityAlreadyExists.Role", 409)


@pytest.mark.parametrize(
    ("parameters", "code", "status"),
    [
        ({"ServiceName": "tea.aliyuncs.com"}, "EntityNotExist.Service", 404),
        ({"CustomSuffix": "x"}, "InvalidParameter.CustomSuffix.NotAllowed", 400),
        ({"Description": "x"}, "InvalidParameter.Description.NotAllowed", 400),
    ],
)
def test_a_wrong_role_of_a_service_is_refused(
    account: Any, refused: Any, *, parameters: dict[str, object], code: str, status: int
) -> None:
    given = {"ServiceName": "nat.aliyuncs.com", **parameters}
    error = refused(manager, account, "CreateServiceLinkedRole", **given)
    assert (error.code, error.http_status) == (code, status)


def test_the_role_of_a_service_is_not_the_account_s_to_change(account: Any, refused: Any) -> None:
    name = manager(account, "CreateServiceLinkedRole", ServiceName="nat.aliyuncs.com")["Role"]["RoleName"]
    error = refused(ram, account, "DeleteRole", RoleName=name)
    assert (error.code, error.http_status) == ("NoPermission", 403)


def test_the_role_of_a_service_is_deleted_when_nothing_needs_it(account: Any, refused: Any) -> None:
    name = manager(account, "CreateServiceLinkedRole", ServiceName="nat.aliyuncs.com")["Role"]["RoleName"]
    vpc_id = account.a_vpc()
    gateway_id, _ = account.a_nat_gateway(vpc_id, account.a_vswitch(vpc_id))
    statuses = []
    for _ in range(2):
        task = manager(account, "DeleteServiceLinkedRole", RoleName=name)["DeletionTaskId"]
        statuses.append(manager(account, "GetServiceLinkedRoleDeletionStatus", DeletionTaskId=task)["Status"])
        if statuses == ["FAILED"]:
            account.vpc("DeleteNatGateway", NatGatewayId=gateway_id, Force="true")
            account.settle()
    assert statuses == ["FAILED", "SUCCEEDED"]
    assert refused(ram, account, "GetRole", RoleName=name).code == "EntityNotExist.Role"


def test_a_role_of_one_s_own_is_no_role_of_a_service(account: Any, refused: Any) -> None:
    create(account)
    error = refused(manager, account, "DeleteServiceLinkedRole", RoleName="Nodes")
    assert (error.code, error.http_status) == ("EntityNotExist.ServiceLinkedRole", 404)

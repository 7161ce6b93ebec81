"""RAM users and their access keys, which act for the account that made them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from provisioner.sandbox.sandbox import open_cloud
from tests.unit.sandbox.conftest import Account

RAM, STS = "2015-05-01", "2015-04-01"


def make_user(account: Account, name: str = "bob", **parameters: object) -> dict[str, Any]:
    """Create a user and return it as it is shown."""
    return dict(account.call(RAM, "CreateUser", UserName=name, **parameters)["User"])


def make_key(account: Account, name: str = "bob") -> dict[str, Any]:
    """Create an access key of a user and return it as it is shown."""
    return dict(account.call(RAM, "CreateAccessKey", UserName=name)["AccessKey"])


def delete_key(account: Account, key: dict[str, Any], name: str = "bob") -> None:
    """Delete an access key of a user."""
    account.call(RAM, "DeleteAccessKey", UserName=name, UserAccessKeyId=key["AccessKeyId"])


def as_user(account: Account, key: dict[str, Any]) -> Account:
    """Return the caller with a user's access key."""
    caller = account.cloud.enroll(key["AccessKeyId"], key["AccessKeySecret"])
    return Account(account.cloud, caller, account.clock)


@pytest.fixture
def key(account: Account) -> dict[str, Any]:
    """Return the access key of the user bob."""
    make_user(account)
    return make_key(account)


def test_a_user_is_shown_as_it_was_created(account: Account) -> None:
    made = make_user(account, "Bob.B-1_x", DisplayName="Bob", Comments="builds")
    assert {name: value for name, value in made.items() if name not in ("UserId", "CreateDate")} == {
        "UserName": "Bob.B-1_x",
        "DisplayName": "Bob",
        "Comments": "builds",
    }
    shown = account.call(RAM, "GetUser", UserName="bob.b-1_X")["User"]
    assert shown == {**made, "UpdateDate": made["CreateDate"]}


def test_users_are_listed_by_name_in_pages(account: Account) -> None:
    for name in ("carol", "Alice", "bob"):
        make_user(account, name)
    first = account.call(RAM, "ListUsers", MaxItems=2)
    second = account.call(RAM, "ListUsers", MaxItems=2, Marker=first["Marker"])
    assert [[user["UserName"] for user in page["Users"]["User"]] for page in (first, second)] == [
        ["Alice", "bob"],
        ["carol"],
    ]
    assert (first["IsTruncated"], second["IsTruncated"], "Marker" in second) == (True, False, False)


def test_an_account_does_not_see_another_ones_users(account: Account, other_account: Account, refused: Any) -> None:
    make_user(account)
    assert other_account.call(RAM, "ListUsers")["Users"]["User"] == []
    assert refused(other_account.call, RAM, "GetUser", UserName="bob").code == "EntityNotExist.User"


def test_a_deleted_user_is_gone(account: Account) -> None:
    make_user(account)
    account.call(RAM, "DeleteUser", UserName="bob")
    assert account.cloud.counts() == {}


def test_a_user_with_an_access_key_is_not_deleted(account: Account, key: dict[str, Any], refused: Any) -> None:
    error = refused(account.call, RAM, "DeleteUser", UserName="bob")
    assert (error.code, error.http_status) == ("DeleteConflict.User.AccessKey", 409)
    delete_key(account, key)
    account.call(RAM, "DeleteUser", UserName="bob")


@pytest.mark.parametrize(
    ("action", "parameters", "code", "status"),
    [
        ("CreateUser", {}, "MissingUserName", 400),
        ("CreateUser", {"UserName": "with space"}, "InvalidParameter.UserName.InvalidChars", 400),
        ("CreateUser", {"UserName": "x" * 65}, "InvalidParameter.UserName.Length", 400),
        ("CreateUser", {"UserName": "x", "DisplayName": "x" * 129}, "InvalidParameter.DisplayName.Length", 400),
        ("CreateUser", {"UserName": "x", "Comments": "x" * 129}, "InvalidParameter.Comments.Length", 400),
        ("CreateUser", {"UserName": "BOB"}, "EntityAlreadyExists.User", 409),
        ("GetUser", {"UserName": "eve"}, "EntityNotExist.User", 404),
        ("ListUsers", {"MaxItems": "1001"}, "InvalidParameter.MaxItems", 400),
        ("DeleteUser", {"UserName": "eve"}, "EntityNotExist.User", 404),
        ("CreateAccessKey", {}, "MissingUserName", 400),
        ("CreateAccessKey", {"UserName": "eve"}, "EntityNotExist.User", 404),
        ("ListAccessKeys", {"UserName": "eve"}, "EntityNotExist.User", 404),
        ("DeleteAccessKey", {"UserName": "bob"}, "MissingUserAccessKeyId", 400),
        ("DeleteAccessKey", {"UserName": "bob", "UserAccessKeyId": "LTAIx"}, "EntityNotExist.User.AccessKey", 404),
    ],
)
def test_a_wrong_request_is_refused(
    account: Account, refused: Any, *, action: str, parameters: dict[str, str], code: str, status: int
) -> None:
    make_user(account)
    error = refused(account.call, RAM, action, **parameters)
    assert (error.code, error.http_status) == (code, status)


def test_the_quotas_are_the_services(account: Account, refused: Any) -> None:
    account.cloud.set_quota("ram_user", 1)
    make_user(account)
    error = refused(make_user, account, "carol")
    assert (error.code, error.http_status) == ("LimitExceeded.User", 409)
    for _ in range(2):
        make_key(account)
    error = refused(make_key, account)
    assert (error.code, error.http_status) == ("LimitExceeded.User.AccessKey", 409)


def test_an_access_key_acts_for_the_account_of_its_user(account: Account, key: dict[str, Any]) -> None:
    vpc_id = account.a_vpc()
    found = as_user(account, key).vpc("DescribeVpcs")["Vpcs"]["Vpc"]
    assert [vpc["VpcId"] for vpc in found] == [vpc_id]


def test_the_caller_with_a_users_key_is_the_user(account: Account) -> None:
    user = make_user(account)
    identity = as_user(account, make_key(account)).call(STS, "GetCallerIdentity")
    del identity["RequestId"]
    assert identity == {
        "AccountId": account.caller.account_id,
        "Arn": f"acs:ram::{account.caller.account_id}:user/bob",
        "IdentityType": "RAMUser",
        "PrincipalId": user["UserId"],
        "UserId": user["UserId"],
    }


def test_the_secret_is_shown_once_and_readable_nowhere(account: Account, key: dict[str, Any]) -> None:
    (listed,) = account.call(RAM, "ListAccessKeys", UserName="bob")["AccessKeys"]["AccessKey"]
    assert listed == {name: value for name, value in key.items() if name != "AccessKeySecret"}
    assert key["AccessKeySecret"].encode() not in account.on_disk()


def test_a_user_may_leave_its_own_name_out(account: Account, key: dict[str, Any]) -> None:
    user = as_user(account, key)
    second = user.call(RAM, "CreateAccessKey")["AccessKey"]
    user.call(RAM, "DeleteAccessKey", UserAccessKeyId=key["AccessKeyId"])
    listed = account.call(RAM, "ListAccessKeys", UserName="bob")["AccessKeys"]["AccessKey"]
    assert [one["AccessKeyId"] for one in listed] == [second["AccessKeyId"]]


def test_a_users_key_with_another_secret_is_refused(account: Account, key: dict[str, Any], refused: Any) -> None:
    error = refused(account.cloud.enroll, key["AccessKeyId"], "another")
    assert (error.code, error.http_status) == ("SignatureDoesNotMatch", 403)


def test_a_deleted_key_has_no_owner_even_where_it_was_in_use(
    account: Account, key: dict[str, Any], refused: Any
) -> None:
    as_user(account, key)
    delete_key(account, key)
    for call in (account.cloud.caller_and_secret, account.cloud.enroll):
        error = refused(call, key["AccessKeyId"], key["AccessKeySecret"])
        assert (error.code, error.http_status) == ("InvalidAccessKeyId.NotFound", 404)
    assert account.cloud.secret_of(key["AccessKeyId"]) is None


def test_a_key_of_another_sandbox_is_no_account_of_its_own(
    account: Account, key: dict[str, Any], refused: Any, tmp_path: Path
) -> None:
    another = open_cloud(tmp_path / "another")
    error = refused(another.enroll, key["AccessKeyId"], key["AccessKeySecret"])
    another.close()
    assert error.code == "InvalidAccessKeyId.NotFound"


def test_a_role_may_trust_one_user(account: Account, key: dict[str, Any], refused: Any) -> None:
    """As the account itself, and every other user, does not."""
    principal = {"RAM": [f"acs:ram::{account.caller.account_id}:user/bob"]}
    statement = {"Action": "sts:AssumeRole", "Effect": "Allow", "Principal": principal}
    trust = json.dumps({"Statement": [statement], "Version": "1"})
    arn = account.call(RAM, "CreateRole", RoleName="deployer", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    make_user(account, "carol")
    others = account, as_user(account, make_key(account, "carol"))
    request = {"RoleArn": arn, "RoleSessionName": "alice"}
    assert {refused(other.call, STS, "AssumeRole", **request).code for other in others} == {"NoPermission"}
    given = as_user(account, key).call(STS, "AssumeRole", **request)["Credentials"]
    assert account.cloud.enroll(given["AccessKeyId"], given["AccessKeySecret"], given["SecurityToken"])

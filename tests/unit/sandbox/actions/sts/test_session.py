"""Sessions: who may assume a role, what the credentials are good for and for how long."""

from __future__ import annotations

import http.client
import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest

from provisioner.sandbox.wire import serve_cloud
from provisioner.sandbox.wire.signature import sign

STS, RAM = "2015-04-01", "2015-05-01"


def make_role(account: Any, trusted: str, **parameters: object) -> str:
    """Create a role that an account may assume, and return its ARN."""
    statement = {"Action": "sts:AssumeRole", "Effect": "Allow", "Principal": {"RAM": [f"acs:ram::{trusted}:root"]}}
    trust = json.dumps({"Statement": [statement], "Version": "1"})
    made = account.call(RAM, "CreateRole", RoleName="deployer", AssumeRolePolicyDocument=trust, **parameters)
    return str(made["Role"]["Arn"])


def assume(account: Any, arn: str, **parameters: object) -> dict[str, Any]:
    """Assume a role and return the answer."""
    return dict(account.call(STS, "AssumeRole", **{"RoleArn": arn, "RoleSessionName": "alice", **parameters}))


@pytest.fixture
def arn(account: Any) -> str:
    return make_role(account, account.caller.account_id)


def test_credentials_are_good_together_with_their_token(account: Any, arn: str) -> None:
    given = assume(account, arn)["Credentials"]
    caller, secret = account.cloud.caller_and_secret(given["AccessKeyId"], given["SecurityToken"])
    assert (caller.account_id, secret) == (account.caller.account_id, given["AccessKeySecret"])
    assert given["AccessKeyId"].startswith("STS.")


def test_an_assumed_role_is_named_after_the_session(account: Any, arn: str) -> None:
    user = assume(account, arn)["AssumedRoleUser"]
    assert (user["Arn"], user["AssumedRoleId"].partition(":")[2]) == (f"{arn}/alice", "alice")


def test_a_caller_that_assumes_a_role_acts_in_the_role_s_account(account: Any, other_account: Any) -> None:
    given = assume(other_account, make_role(account, other_account.caller.account_id))["Credentials"]
    caller, _ = account.cloud.caller_and_secret(given["AccessKeyId"], given["SecurityToken"])
    vpc_id = account.a_vpc()
    seen = account.cloud.call(caller, "2016-04-28", "DescribeVpcs", {"RegionId": "eu-central-1"})
    assert [vpc["VpcId"] for vpc in seen["Vpcs"]["Vpc"]] == [vpc_id]


def test_the_caller_of_a_session_is_the_role(account: Any, arn: str) -> None:
    given = assume(account, arn)["Credentials"]
    caller, _ = account.cloud.caller_and_secret(given["AccessKeyId"], given["SecurityToken"])
    identity = account.cloud.call(caller, STS, "GetCallerIdentity", {})
    assert (identity["IdentityType"], identity["AccountId"]) == ("AssumedRoleUser", account.caller.account_id)
    assert identity["Arn"] == f"acs:ram::{account.caller.account_id}:assumed-role/deployer/alice"


def test_the_caller_with_a_key_is_the_account(account: Any) -> None:
    identity = account.call(STS, "GetCallerIdentity")
    assert (identity["IdentityType"], identity["Arn"]) == (
        "Account",
        f"acs:ram::{account.caller.account_id}:root",
    )


def test_a_wrong_token_is_refused(account: Any, arn: str, refused: Any) -> None:
    first, second = (assume(account, arn)["Credentials"] for _ in range(2))
    tokens = {"missing": "", "malformed": "x" + first["SecurityToken"], "another's": second["SecurityToken"]}
    errors = {
        name: refused(account.cloud.caller_and_secret, first["AccessKeyId"], token) for name, token in tokens.items()
    }
    assert {name: (error.code, error.http_status) for name, error in errors.items()} == {
        "missing": ("MissingSecurityToken", 400),
        "malformed": ("InvalidSecurityToken.Malformed", 400),
        "another's": ("InvalidSecurityToken.MismatchWithAccessKey", 400),
    }


def test_credentials_expire(account: Any, arn: str, refused: Any) -> None:
    given = assume(account, arn, DurationSeconds=900)["Credentials"]
    account.settle(899)
    assert account.cloud.caller_and_secret(given["AccessKeyId"], given["SecurityToken"])
    account.settle(1)
    error = refused(account.cloud.caller_and_secret, given["AccessKeyId"], given["SecurityToken"])
    assert (error.code, error.http_status) == ("InvalidSecurityToken.Expired", 400)


def test_a_session_may_last_as_long_as_the_role_says(account: Any, refused: Any) -> None:
    arn = make_role(account, account.caller.account_id, MaxSessionDuration=7200)
    assert assume(account, arn, DurationSeconds=7200)
    assert refused(assume, account, arn, DurationSeconds=7201).code == "InvalidParameter.DurationSeconds"


@pytest.mark.parametrize(
    ("parameters", "code", "status"),
    [
        ({"RoleArn": ""}, "MissingRoleArn", 400),
        ({"RoleArn": "deployer"}, "InvalidParameter.RoleArn", 400),
        ({"RoleArn": "acs:ram::1:role/missing"}, "EntityNotExist.Role", 404),
        ({"RoleSessionName": ""}, "MissingRoleSessionName", 400),
        ({"RoleSessionName": "a"}, "InvalidParameter.RoleSessionName", 400),
        ({"RoleSessionName": "no space"}, "InvalidParameter.RoleSessionName", 400),
        ({"DurationSeconds": 899}, "InvalidParameter.DurationSeconds", 400),
        ({"DurationSeconds": 3601}, "InvalidParameter.DurationSeconds", 400),
        ({"Policy": "{"}, "InvalidParameter.PolicyGrammar", 400),
        ({"Policy": "x" * 2049}, "InvalidParameter.PolicySize", 400),
    ],
)
def test_a_wrong_request_is_refused(
    account: Any, arn: str, refused: Any, *, parameters: dict[str, object], code: str, status: int
) -> None:
    error = refused(assume, account, arn, **parameters)
    assert (error.code, error.http_status) == (code, status)


def test_whom_a_role_does_not_trust_is_refused(account: Any, other_account: Any, arn: str, refused: Any) -> None:
    error = refused(assume, other_account, arn)
    assert (error.code, error.http_status) == ("NoPermission", 403)


def test_a_role_for_a_service_is_not_assumed_by_an_account(account: Any, refused: Any) -> None:
    name = account.call("2020-03-31", "CreateServiceLinkedRole", ServiceName="nat.aliyuncs.com")["Role"]["Arn"]
    assert refused(assume, account, name).code == "NoPermission"


def test_neither_secret_nor_token_is_readable_on_disk(account: Any, arn: str) -> None:
    given = assume(account, arn)["Credentials"]
    stored = account.on_disk()
    found = [name for name in ("AccessKeySecret", "SecurityToken") if given[name].encode() in stored]
    assert found == []


@pytest.mark.parametrize(
    ("token", "expected"),
    [(None, (200, None)), ("", (400, "MissingSecurityToken")), ("x", (400, "InvalidSecurityToken.Malformed"))],
)
def test_older_clients_send_the_token_as_a_parameter(
    account: Any, arn: str, *, token: str | None, expected: tuple[int, str | None]
) -> None:
    given = assume(account, arn)["Credentials"]
    parameters = {
        "AccessKeyId": given["AccessKeyId"],
        "SecurityToken": given["SecurityToken"] if token is None else token,
        "Action": "GetCallerIdentity",
        "Version": STS,
        "SignatureMethod": "HMAC-SHA1",
        "SignatureVersion": "1.0",
        "SignatureNonce": "once",
        "Timestamp": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    parameters["Signature"] = sign("GET", parameters, given["AccessKeySecret"])
    with serve_cloud(account.cloud) as server:
        connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=10)
        connection.request("GET", f"/?{urlencode(parameters)}")
        answer = connection.getresponse()
        document = json.loads(answer.read())
        connection.close()
    assert (answer.status, document.get("Code")) == expected


def test_credentials_of_a_session_are_unknown_without_their_token(account: Any, arn: str) -> None:
    assert account.cloud.secret_of(assume(account, arn)["Credentials"]["AccessKeyId"]) is None


def test_credentials_of_a_session_are_no_account_of_their_own(account: Any, arn: str, refused: Any) -> None:
    given = assume(account, arn)["Credentials"]
    key, secret, token = given["AccessKeyId"], given["AccessKeySecret"], given["SecurityToken"]
    assert account.cloud.enroll(key, secret, token).account_id == account.caller.account_id
    wrong = [(key, secret, ""), (key, secret, "x"), (key, "x", token), ("STS.another", secret, token)]
    assert [refused(account.cloud.enroll, *given).code for given in wrong] == [
        "MissingSecurityToken",
        "InvalidSecurityToken.Malformed",
        "SignatureDoesNotMatch",
        "InvalidAccessKeyId.NotFound",
    ]


def test_a_reset_ends_every_session(account: Any, arn: str, refused: Any) -> None:
    given = assume(account, arn)["Credentials"]
    account.cloud.reset()
    error = refused(account.cloud.caller_and_secret, given["AccessKeyId"], given["SecurityToken"])
    assert (error.code, error.http_status) == ("InvalidAccessKeyId.NotFound", 404)


def test_the_token_of_a_key_is_not_looked_at(account: Any) -> None:
    caller, _ = account.cloud.caller_and_secret("LTAIone", "whatever")
    assert caller == account.caller

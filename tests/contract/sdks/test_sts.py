"""The SDK for Sts, and the credentials of a session with the others."""

from __future__ import annotations

import json

import pytest

from tests.contract.sdks.sdk import ACCESS_KEY_ID, QUIET, Sdk

pytestmark = QUIET


@pytest.fixture
def session(server, cloud):
    """Return the credentials of a caller that assumed a role."""
    account = cloud.caller(ACCESS_KEY_ID).account_id
    statement = {"Action": "sts:AssumeRole", "Effect": "Allow", "Principal": {"RAM": [f"acs:ram::{account}:root"]}}
    cloud.call(
        cloud.caller(ACCESS_KEY_ID),
        "2015-05-01",
        "CreateRole",
        {
            "RoleName": "deployer",
            "AssumeRolePolicyDocument": json.dumps({"Statement": [statement], "Version": "1"}),
        },
    )
    sts = Sdk("sts", server)
    return sts("assume_role", role_arn=f"acs:ram::{account}:role/deployer", role_session_name="alice").credentials


def test_credentials_of_a_session_are_taken_with_their_token(session, server, vpc_id):
    sdk = Sdk(
        "vpc",
        server,
        access_key_id=session.access_key_id,
        secret=session.access_key_secret,
        security_token=session.security_token,
    )
    assert [one.vpc_id for one in sdk("describe_vpcs").vpcs.vpc] == [vpc_id]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"security_token": None}, "MissingSecurityToken"),
        ({"security_token": "another"}, "InvalidSecurityToken.Malformed"),
        ({"secret": "another"}, "SignatureDoesNotMatch"),
    ],
)
def test_credentials_of_a_session_are_refused_when_one_is_wrong(session, server, changes, code):
    given = {
        "access_key_id": session.access_key_id,
        "secret": session.access_key_secret,
        "security_token": session.security_token,
        **changes,
    }
    assert Sdk("vpc", server, **given).refused("describe_vpcs").code == code


@pytest.fixture
def user_key(cloud):
    """Return the access key of a user of the account."""
    account = cloud.caller(ACCESS_KEY_ID)
    cloud.call(account, "2015-05-01", "CreateUser", {"UserName": "bob"})
    return cloud.call(account, "2015-05-01", "CreateAccessKey", {"UserName": "bob"})["AccessKey"]


def test_the_caller_is_told_who_it_is(server, cloud, session, user_key):
    """With the keys of the account, a user and a role."""
    keys = [
        {},
        {"access_key_id": user_key["AccessKeyId"], "secret": user_key["AccessKeySecret"]},
        {
            "access_key_id": session.access_key_id,
            "secret": session.access_key_secret,
            "security_token": session.security_token,
        },
    ]
    account = cloud.caller(ACCESS_KEY_ID).account_id
    told = [Sdk("sts", server, **key).client.get_caller_identity().body for key in keys]
    assert [(body.identity_type, body.account_id, body.arn) for body in told] == [
        ("Account", account, f"acs:ram::{account}:root"),
        ("RAMUser", account, f"acs:ram::{account}:user/bob"),
        ("AssumedRoleUser", account, f"acs:ram::{account}:assumed-role/deployer/alice"),
    ]

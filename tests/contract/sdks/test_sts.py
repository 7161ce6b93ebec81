"""The SDK for Sts, and the credentials of a session with the others."""

from __future__ import annotations

import json

import pytest

from tests.contract.sdks.sdk import ACCESS_KEY_ID, QUIET, Sdk

pytestmark = QUIET


@pytest.fixture
def session(server, cloud):
    """Return the credentials of somebody who assumed a role."""
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


def test_the_caller_is_told_who_it_is(server, cloud):
    method = Sdk("sts", server).client.get_caller_identity
    assert method().body.account_id == cloud.caller(ACCESS_KEY_ID).account_id

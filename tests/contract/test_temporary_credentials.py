"""Temporary credentials as each client sends them, to a sandbox that checks signature and token."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import oss2
import pytest

from provisioner.cloud import CloudAccess, CloudClient, Credentials
from provisioner.errors import CloudError
from provisioner.objectstore import OssStore
from provisioner.sandbox.oss import Server, serve_oss
from provisioner.sandbox.sandbox import open_cloud
from provisioner.sandbox.wire import serve_cloud

REGION, BUCKET = "cn-hangzhou", "of-the-account"
ACCOUNT = Credentials("LTAIaccount", "the secret of the account")
Client = Callable[[Server, Credentials], object]


class Sandbox:
    """A sandbox whose time can be moved on, with a bucket of the account's."""

    def __init__(self, folder: Path) -> None:
        self.offset = 0.0
        self.cloud = open_cloud(folder, clock=lambda: time.time() + self.offset)
        self.caller = self.cloud.enroll(ACCOUNT.access_key_id, ACCOUNT.access_key_secret)
        self.oss = serve_oss(
            folder,
            self.cloud.secret_of,
            lambda key: self.cloud.caller(key).account_id,
            session_of=self.cloud.session_and_secret,
        )
        oss2_version_1(self.oss, ACCOUNT).create_bucket()
        trusted = {"RAM": [f"acs:ram::{self.caller.account_id}:root"]}
        statement = {"Action": "sts:AssumeRole", "Effect": "Allow", "Principal": trusted}
        trust = json.dumps({"Statement": [statement], "Version": "1"})
        role = {"RoleName": "deployer", "AssumeRolePolicyDocument": trust}
        self.role = self.cloud.call(self.caller, "2015-05-01", "CreateRole", role)["Role"]["Arn"]

    def assume_role(self) -> Credentials:
        """Return temporary credentials that hold for an hour."""
        request = {"RoleArn": self.role, "RoleSessionName": "alice"}
        given = self.cloud.call(self.caller, "2015-04-01", "AssumeRole", request)["Credentials"]
        return Credentials(given["AccessKeyId"], given["AccessKeySecret"], given["SecurityToken"])

    def close(self) -> None:
        """Stop serving."""
        self.oss.close()
        self.cloud.close()


def oss2_version_1(server: Server, credentials: Credentials) -> oss2.Bucket:
    """Return a bucket of the official SDK that signs with version 1."""
    key, secret, token = credentials.access_key_id, credentials.access_key_secret, credentials.security_token
    return oss2.Bucket(oss2.StsAuth(key, secret, token) if token else oss2.Auth(key, secret), server.url, BUCKET)


def put_with_oss2_version_1(server: Server, credentials: Credentials) -> None:
    oss2_version_1(server, credentials).put_object("key", b"body")


def put_with_oss2_version_4(server: Server, credentials: Credentials) -> None:
    provider = oss2.StaticCredentialsProvider(
        credentials.access_key_id, credentials.access_key_secret, credentials.security_token or None
    )
    oss2.Bucket(oss2.ProviderAuthV4(provider), server.url, BUCKET, region=REGION).put_object("key", b"body")


def put_with_ours(server: Server, credentials: Credentials) -> None:
    key, secret, token = credentials.access_key_id, credentials.access_key_secret, credentials.security_token
    OssStore(server.url, REGION, BUCKET, key, secret, security_token=token).put_if_absent("key", b"body", {"run": "1"})


CLIENTS = [put_with_oss2_version_1, put_with_oss2_version_4, put_with_ours]


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    sandbox = Sandbox(tmp_path)
    yield sandbox
    sandbox.close()


def code(client: Client, server: Server, credentials: Credentials) -> str:
    """Return the code with which OSS refuses a client."""
    with pytest.raises((oss2.exceptions.ServerError, CloudError)) as caught:
        client(server, credentials)
    error = caught.value
    return str(error.cloud_code if isinstance(error, CloudError) else error.code)


@pytest.mark.parametrize("client", CLIENTS)
def test_a_role_writes_into_the_bucket_of_its_account(sandbox: Sandbox, client: Client) -> None:
    client(sandbox.oss, sandbox.assume_role())
    assert oss2_version_1(sandbox.oss, ACCOUNT).get_object("key").read() == b"body"


@pytest.mark.parametrize("client", CLIENTS)
def test_what_does_not_fit_together_is_refused_with_the_codes_of_oss(sandbox: Sandbox, client: Client) -> None:
    session, another = sandbox.assume_role(), sandbox.assume_role()
    wrong = {
        "no token": replace(session, security_token=""),
        "another text": replace(session, security_token="another-text"),
        "the token of another session": replace(session, security_token=another.security_token),
        "another secret": replace(session, access_key_secret="another"),
        "a token with the account's key": replace(ACCOUNT, security_token=session.security_token),
    }
    assert {name: code(client, sandbox.oss, credentials) for name, credentials in wrong.items()} == {
        "no token": "InvalidAccessKeyId",
        "another text": "InvalidSecurityToken",
        "the token of another session": "AccessKeyIdAndSecurityTokenNotMatch",
        "another secret": "SignatureDoesNotMatch",
        "a token with the account's key": "InvalidAccessKeyId",
    }


@pytest.mark.parametrize("client", CLIENTS)
def test_an_expired_token_is_refused(sandbox: Sandbox, client: Client) -> None:
    session = sandbox.assume_role()
    sandbox.offset = 3600
    assert code(client, sandbox.oss, session) == "SecurityTokenExpired"


def test_no_token_is_in_an_error_of_ours(sandbox: Sandbox) -> None:
    session = replace(sandbox.assume_role(), access_key_secret="another")
    with pytest.raises(CloudError) as caught:
        put_with_ours(sandbox.oss, session)
    assert session.security_token not in f"{caught.value!r} {caught.value} {session} {session!r}"


def ask(sandbox: Sandbox, credentials: Credentials) -> str:
    """Return the identity that our client of the OpenAPI is told."""
    with serve_cloud(sandbox.cloud) as server:
        host = server.url.partition("://")[2].rstrip("/")
        access = CloudAccess(credentials, "", credentials, "http", {"sts": host})
        answer = CloudClient(access, REGION, {}, sleep=lambda _: None).call("sts", "GetCallerIdentity", {})
        return str(answer["IdentityType"])


def test_our_client_of_the_openapi_sends_the_token(sandbox: Sandbox) -> None:
    assert [ask(sandbox, credentials) for credentials in (ACCOUNT, sandbox.assume_role())] == [
        "Account",
        "AssumedRoleUser",
    ]


def test_our_client_of_the_openapi_is_refused_with_another_token(sandbox: Sandbox) -> None:
    session = sandbox.assume_role()
    with pytest.raises(CloudError) as caught:
        ask(sandbox, replace(session, security_token="another-text"))
    assert caught.value.cloud_code == "InvalidSecurityToken.Malformed"
    assert caught.value.codes == ("ERR_INFRA_UNAUTHENTICATED",)

"""A shoot belongs to an account: any of its users and roles goes on where another has stopped."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from tests.e2e.conftest import EXAMPLE, Provision
from tests.e2e.other_user import RAM, OtherUser, other_user
from tests.e2e.test_real_provider import needs_real_provider
from tests.e2e.variants import example
from tests.spreads import LONG, spread

Credentials = dict[str, str]
"""What a Secret holds."""
OTHERS: list[Callable[[OtherUser], Credentials]] = [OtherUser.a_user, OtherUser.a_session]


@pytest.fixture
def applied(provision: Provision) -> Provision:
    provision.begin_applied(EXAMPLE)
    return provision


def with_credentials(provision: Provision, credentials: Credentials) -> Path:
    """Write the example with other credentials, and return the file."""
    documents = example()
    documents["cloudprovider"]["stringData"] = credentials
    path = provision.folder / "shoot.yaml"
    path.write_text(yaml.safe_dump_all(documents.values(), sort_keys=False))
    return path


def without_credentials(provision: Provision) -> Path:
    """Write the example without credentials, and return the file."""
    documents = example()
    del documents["cloudprovider"]
    documents["BackupBucket"]["spec"].pop("secretRef")
    path = provision.folder / "shoot.yaml"
    path.write_text(yaml.safe_dump_all(documents.values(), sort_keys=False))
    return path


@pytest.fixture(params=spread(OTHERS, 1), ids=["user", "role"])
def credentials(request: pytest.FixtureRequest, applied: Provision) -> Credentials:
    """Return credentials of the account that has applied the example, but for another user or role."""
    with other_user(applied) as other:
        found: Credentials = request.param(other)
    return found


def test_another_user_or_role_of_the_account_finds_nothing_to_change(applied, credentials):
    manifest = with_credentials(applied, credentials)
    done = [applied(command, manifest) for command in ("plan", "apply")]
    assert [(one.code, one.err) for one in done] == [(0, ""), (0, "")]


def test_another_user_or_role_of_the_account_changes_and_destroys(applied, credentials):
    before = applied.counts()
    manifest = with_credentials(applied, credentials)
    text = manifest.read_text().replace("maximum: 4", "maximum: 5")
    manifest.write_text(text)
    applied.ok("apply", manifest)
    assert applied.counts() == before
    applied.ok("destroy", manifest, "--yes")
    assert set(applied.counts()) <= {"ram_user", "ram_role"}
    assert applied("plan", EXAMPLE).code == 2


@LONG
def test_a_shoot_applied_with_temporary_credentials_is_the_accounts(provision):
    with other_user(provision) as other:
        session = other.a_session()
    provision.ok("apply", with_credentials(provision, session))
    assert provision("plan", EXAMPLE).code == 0


@pytest.mark.parametrize(
    "names",
    [
        ("ALICLOUD_ACCESS_KEY", "ALICLOUD_SECRET_KEY", "ALICLOUD_SECURITY_TOKEN"),
        ("ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABA_CLOUD_ACCESS_KEY_SECRET", "ALIBABA_CLOUD_SECURITY_TOKEN"),
    ],
)
def test_temporary_credentials_come_from_the_environment_too(applied, names):
    with other_user(applied) as other:
        session = other.a_session()
    environment = dict(zip(names, session.values(), strict=True))
    assert applied("plan", without_credentials(applied), **environment).code == 0


@needs_real_provider
def test_the_unmodified_provider_is_told_the_token(applied):
    with other_user(applied) as other:
        session = other.a_session()
    assert applied("plan", with_credentials(applied, session), "--provider", "real").code == 0


def test_a_token_belongs_to_the_key_beside_it(applied):
    """The token of a session is not sent with the access key of the manifests."""
    assert applied("plan", EXAMPLE, ALICLOUD_SECURITY_TOKEN="of another key").code == 0


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"securityToken": "another"}, "InvalidSecurityToken.Malformed"),
        ({"securityToken": None}, "MissingSecurityToken"),
        ({"accessKeySecret": "x" * 30}, "SignatureDoesNotMatch"),
    ],
)
def test_temporary_credentials_that_do_not_fit_together_are_refused(applied, change, code):
    """They never become an account of their own."""
    with other_user(applied) as other:
        session = {**other.a_session(), **change}
    refused = applied("plan", with_credentials(applied, {key: value for key, value in session.items() if value}))
    assert refused.code == 5
    assert code in refused.err


def test_a_deleted_access_key_is_refused(applied):
    """It never becomes an account of its own."""
    with other_user(applied) as other:
        key = other.a_user()
        other.call(RAM, "DeleteAccessKey", UserName="bob", UserAccessKeyId=key["accessKeyID"])
    refused = applied("plan", with_credentials(applied, key))
    assert refused.code == 5
    assert "InvalidAccessKeyId.NotFound" in refused.err

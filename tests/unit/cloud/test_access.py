"""What credentials say of themselves, and where terraform's provider is told them."""

from __future__ import annotations

from provisioner.cloud import Credentials, real_access
from provisioner.cloud.access import credentials_environment
from provisioner.place import REAL_CLOUD

KEY = Credentials("LTAIkey", "the-secret")
SESSION = Credentials("STS.key", "the-secret", "the-token")


def test_only_the_key_id_is_shown():
    assert [str(KEY), repr(KEY)] == ["LTAIkey", "Credentials(access_key_id='LTAIkey')"]
    assert [str(SESSION), repr(SESSION)] == ["STS.key", "Credentials(access_key_id='STS.key')"]


def test_the_provider_is_told_a_token_where_there_is_one():
    """An empty variable would be one that is set."""
    names = {"ALICLOUD_SECURITY_TOKEN", "ALIBABA_CLOUD_SECURITY_TOKEN"}
    told = credentials_environment(SESSION)
    assert {name: told[name] for name in names} == dict.fromkeys(names, "the-token")
    assert names.isdisjoint(credentials_environment(KEY))


def test_the_real_cloud_is_of_the_real_kind():
    assert real_access(KEY, KEY, "eu-central-1").kind == REAL_CLOUD

"""Who calls, and the probe at the provider's start."""

from __future__ import annotations

from provisioner.sandbox.cloud import Cloud
from tests.contract.gotchas.door import ACCESS_KEY_ID, BSS, STS, Door


def test_the_caller_is_told_everything_that_is_read_of_it(door: Door, cloud: Cloud) -> None:
    account = cloud.caller(ACCESS_KEY_ID).account_id
    shown = door.ok(STS, "GetCallerIdentity")
    assert (shown["AccountId"], shown["IdentityType"]) == (account, "Account")
    assert account in shown["Arn"]
    assert shown["PrincipalId"]


def test_the_probe_for_the_account_type_finds_nothing_and_no_error(door: Door) -> None:
    answer = door.ok(BSS, "QueryAvailableInstances", ProductCode="vipcloudfw", PageSize=50, PageNum=1)
    assert answer["Data"]["InstanceList"] == []

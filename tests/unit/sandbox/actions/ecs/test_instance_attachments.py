"""Security groups, key pairs and RAM roles that an instance gets and loses, and that it holds back."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.unit.sandbox.conftest import PUBLIC_KEY, Place


def test_membership_in_security_groups_changes(place: Place, account: Any, refused: Any) -> None:
    instance_id = place.an_instance()
    second = account.a_security_group(place.vpc_id)
    target = {"InstanceId": instance_id, "SecurityGroupId": second}
    account.ecs("JoinSecurityGroup", **target)
    assert refused(account.ecs, "JoinSecurityGroup", **target).code == "InvalidInstanceId.AlreadyExists"
    assert refused(account.ecs, "DeleteSecurityGroup", SecurityGroupId=second).code == "DependencyViolation"
    account.ecs("LeaveSecurityGroup", **target)
    error = refused(account.ecs, "LeaveSecurityGroup", InstanceId=instance_id, SecurityGroupId=place.group_id)
    assert (error.code, error.http_status) == ("InstanceLastSecurityGroup", 403)
    account.ecs("DeleteSecurityGroup", SecurityGroupId=second)
    assert place.shown(instance_id)["SecurityGroupIds"] == {"SecurityGroupId": [place.group_id]}


def test_an_instance_is_in_five_security_groups_at_most(place: Place, account: Any, refused: Any) -> None:
    instance_id = place.an_instance()
    groups = [account.a_security_group(place.vpc_id) for _ in range(5)]
    for group_id in groups[:4]:
        account.ecs("JoinSecurityGroup", InstanceId=instance_id, SecurityGroupId=group_id)
    error = refused(account.ecs, "JoinSecurityGroup", InstanceId=instance_id, SecurityGroupId=groups[4])
    assert (error.code, error.http_status) == ("InstanceSecurityGroupLimitExceeded", 403)


def test_a_security_group_of_another_vpc_cannot_be_joined(place: Place, account: Any, refused: Any) -> None:
    foreign = account.a_security_group(account.a_vpc("192.168.0.0/16"))
    error = refused(account.ecs, "JoinSecurityGroup", InstanceId=place.an_instance(), SecurityGroupId=foreign)
    assert (error.code, error.http_status) == ("InvalidInstanceId.Mismatch", 400)


def test_a_key_pair_is_attached_and_detached_and_held_back(place: Place, account: Any, refused: Any) -> None:
    account.ecs("ImportKeyPair", KeyPairName="pair", PublicKeyBody=PUBLIC_KEY)
    instance_id = place.an_instance()
    target = {"KeyPairName": "pair", "InstanceIds": json.dumps([instance_id, "i-missing"])}
    answer = account.ecs("AttachKeyPair", **target)
    codes = [result["Code"] for result in answer["Results"]["Result"]]
    assert (answer["TotalCount"], answer["FailCount"], codes) == (2, 1, ["200", "InvalidInstanceId.NotFound"])
    assert place.shown(instance_id)["KeyPairName"] == "pair"
    error = refused(account.ecs, "DeleteKeyPairs", KeyPairNames='["pair"]')
    assert error.code == "InvalidParameter.KeypairAlreadyAttachedInstance"
    account.ecs("DetachKeyPair", **target)
    account.ecs("DeleteKeyPairs", KeyPairNames='["pair"]')
    assert place.shown(instance_id)["KeyPairName"] == ""


def test_a_key_pair_that_does_not_exist_is_not_attached(place: Place, account: Any, refused: Any) -> None:
    error = refused(account.ecs, "AttachKeyPair", KeyPairName="pair", InstanceIds=json.dumps([place.an_instance()]))
    assert (error.code, error.http_status) == ("InvalidKeyPairName.NotFound", 404)


@pytest.mark.parametrize("status", ["Running", "Stopped"])
def test_what_an_instance_is_in_cannot_be_deleted(place: Place, account: Any, refused: Any, status: str) -> None:
    _ = place.an_instance() if status == "Running" else place.a_stopped_instance()
    assert refused(account.vpc, "DeleteVSwitch", VSwitchId=place.vswitch_id).code == "DependencyViolation"
    error = refused(account.ecs, "DeleteSecurityGroup", SecurityGroupId=place.group_id)
    assert (error.code, error.http_status) == ("DependencyViolation", 403)


def a_role(account: Any, name: str, service: str) -> None:
    statement = {"Action": "sts:AssumeRole", "Effect": "Allow", "Principal": {"Service": [service]}}
    document = json.dumps({"Statement": [statement], "Version": "1"})
    account.call("2015-05-01", "CreateRole", RoleName=name, AssumeRolePolicyDocument=document)


def test_ram_roles_are_attached_shown_and_detached(place: Place, account: Any) -> None:
    a_role(account, "worker", "ecs.aliyuncs.com")
    instance_id = place.an_instance()
    target = {"InstanceIds": json.dumps([instance_id])}

    def roles() -> list[str]:
        found = account.ecs("DescribeInstanceRamRole", **target)["InstanceRamRoleSets"]["InstanceRamRoleSet"]
        return [role["RamRoleName"] for role in found]

    before = roles()
    account.ecs("AttachInstanceRamRole", RamRoleName="worker", **target)
    attached = roles()
    again = account.ecs("AttachInstanceRamRole", RamRoleName="worker", **target)
    account.ecs("DetachInstanceRamRole", RamRoleName="worker", **target)
    assert (before, attached, again["FailCount"], roles()) == ([""], ["worker"], 1, [""])


@pytest.mark.parametrize(
    ("name", "code", "status"),
    [("missing", "InvalidRamRole.NotFound", 404), ("functions", "InvalidRamRole.NotEcsRole", 401)],
)
def test_a_ram_role_exists_and_trusts_ecs(
    place: Place, account: Any, refused: Any, *, name: str, code: str, status: int
) -> None:
    a_role(account, "functions", "fc.aliyuncs.com")
    ids = json.dumps([place.an_instance()])
    errors = [
        refused(place.run, RamRoleName=name),
        refused(account.ecs, "AttachInstanceRamRole", RamRoleName=name, InstanceIds=ids),
    ]
    assert [(error.code, error.http_status) for error in errors] == [(code, status)] * 2

"""The role that the NAT gateway service needs."""

from __future__ import annotations

import json

import pytest

from provisioner.cloud import ensure_nat_role
from provisioner.errors import CloudError
from provisioner.sandbox.cloud.faults import Fault
from tests.unit.cloud.conftest import SimulatedAccount


def test_missing_role_is_created_once(simulated: SimulatedAccount):
    assert [ensure_nat_role(simulated.client) for _ in range(2)] == [True, False]
    assert simulated.asked().count("CreateServiceLinkedRole") == 1


def test_role_whose_answer_was_lost_is_there(simulated: SimulatedAccount):
    simulated.cloud.faults.add(Fault("CreateServiceLinkedRole", "lost-answer", times=1))
    ensure_nat_role(simulated.client)
    assert ensure_nat_role(simulated.client) is False


def test_role_of_the_accounts_own_is_refused(simulated: SimulatedAccount):
    statement = {"Action": "sts:AssumeRole", "Effect": "Allow", "Principal": {"Service": ["ecs.aliyuncs.com"]}}
    trust = json.dumps({"Statement": [statement], "Version": "1"})
    simulated.account.call(
        "2015-05-01", "CreateRole", RoleName="AliyunServiceRoleForNatgw", AssumeRolePolicyDocument=trust
    )
    with pytest.raises(CloudError, match="is not a service-linked role"):
        ensure_nat_role(simulated.client)


def test_account_that_may_not_ask_is_told_so(simulated: SimulatedAccount):
    simulated.cloud.faults.add(Fault("GetRole", "forbidden"))
    with pytest.raises(CloudError):
        ensure_nat_role(simulated.client)

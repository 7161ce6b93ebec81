"""A network for scaling groups, with one that runs in it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.sandbox.actions.ess.refreshed_group import Group


@pytest.fixture
def vpc_id(account: Any) -> str:
    return str(account.a_vpc())


@pytest.fixture
def vswitch_id(account: Any, vpc_id: str) -> str:
    return str(account.a_vswitch(vpc_id))


@pytest.fixture
def security_group_id(account: Any, vpc_id: str) -> str:
    return str(account.a_security_group(vpc_id))


@pytest.fixture
def running(account: Any, vswitch_id: str, security_group_id: str) -> tuple[str, str]:
    """Return the ids of an enabled group of 2 and of its active configuration."""
    group_id = account.a_scaling_group(vswitch_id, DesiredCapacity=2)
    configuration_id = account.a_configuration(group_id, security_group_id)
    account.ess("EnableScalingGroup", ScalingGroupId=group_id, ActiveScalingConfigurationId=configuration_id)
    account.settle()
    return group_id, configuration_id


@pytest.fixture
def group(account: Any) -> Group:
    return Group(account, 4)

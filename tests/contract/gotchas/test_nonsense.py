"""Nothing is ever an error without a code: `Door` judges every answer."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from provisioner.sandbox import actions
from provisioner.sandbox.actions.table import TABLE
from tests.contract.gotchas.door import NO_REGION, open_door
from tests.contract.gotchas.network import IMAGE, PUBLIC_KEY, ZONE, Network
from tests.spreads import spread

SIGNED = {"AccessKeyId", "Action", "Format", "Signature", "SignatureMethod", "SignatureNonce", "Timestamp", "Version"}


WORDS = sorted(
    {
        word
        for path in Path(str(actions.__file__)).parent.rglob("*.py")
        for word in re.findall(r'"([A-Z][A-Za-z0-9]*(?:\.[A-Z][A-Za-z0-9]*)?)"', path.read_text())
        if not re.match("Dependency|Forbidden|Incorrect|Invalid[A-Z]|Missing|Operation|Quota", word)
    }
    - SIGNED
)
"""Every text in the actions that can be the name of a parameter; some are names of other things."""


NONSENSE = ["", "x", "-1", "0", "true", "null", "[]", "{}", "[1]", '{"a":1}', "1.5", "9" * 40, "é\u2028", "::/0", "*"]


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    """Return a network that is called with nonsense until the end of the module."""
    with open_door(tmp_path_factory.mktemp("crowd")) as door:
        yield Network(door)


@pytest.mark.parametrize("operation", spread(sorted(TABLE), 40), ids="-".join)
def test_no_nonsense_is_refused_without_a_code(crowd: Network, operation: tuple[str, str]) -> None:
    """`Door` judges every answer."""
    version, action = operation
    crowd.door.send(version, action)
    crowd.door.send(version, action, **NO_REGION)
    names = [name for word in WORDS if word != "RegionId" for name in (word, f"{word}.1")]
    for turn in range(2):
        given = {name: NONSENSE[(turn + place) % len(NONSENSE)] for place, name in enumerate(names)}
        crowd.door.send(version, action, form=tuple(names), **given)


def sensible(ids: Mapping[str, str]) -> dict[str, str]:
    """Return parameters with which most actions do something."""
    listed = {"VSwitchIds.1": "vswitch", "ScalingGroupId.1": "scaling group", "ResourceId.1": "vpc"}
    listed |= {"ScalingConfigurationId.1": "scaling configuration", "SecurityGroupIds.1": "security group"}
    named = {f"{kind.title().replace(' ', '')}Id": kind for kind in ids}
    named |= {"RoleName": "role", "LaunchTemplateId.1": "launch template", "ScalingRuleId.1": "scaling rule"}
    named |= {"VSwitchId": "vswitch", "AllocationId": "eip", "InstanceId": "nat gateway", "KeyPairName": "key pair"}
    sizes = {"MinSize": "0", "MaxSize": "2", "DesiredCapacity": "1", "PageSize": "10", "PageNumber": "1"}
    tags = {"ResourceType": "VPC", "Tag.1.Key": "a", "Tag.1.Value": "b", "TagKey.1": "a"}
    rule = {"IpProtocol": "tcp", "PortRange": "22/22", "SourceCidrIp": "0.0.0.0/0", "DestCidrIp": "0.0.0.0/0"}
    rule |= {"Policy": "accept", "Priority": "1", "Description": "some text"}
    machine = {"ImageId": IMAGE, "InstanceTypes.1": "ecs.g7.large", "InstanceType": "ecs.g7.large", "Amount": "1"}
    machine |= {"SystemDisk.Category": "cloud_essd", "SystemDisk.Size": "40", "DataDisk.1.Size": "40"}
    other = {"ZoneId": ZONE, "CidrBlock": "10.250.64.0/24", "PublicKeyBody": PUBLIC_KEY, "Bandwidth": "5"}
    return {
        **{name: ids[kind] for name, kind in {**listed, **named}.items()},
        **{**sizes, **tags, **rule, **machine, **other},
    }


@given(data=st.data())
@settings(
    max_examples=300, deadline=None, derandomize=True, database=None, suppress_health_check=[HealthCheck.too_slow]
)
def test_no_sensible_call_with_something_wrong_in_it_is_refused_without_a_code(crowd: Network, data: Any) -> None:
    # Nothing is deleted, so that there is something to go wrong with.
    version, action = data.draw(st.sampled_from([one for one in sorted(TABLE) if not one[1].startswith("Delete")]))
    parameters = sensible(crowd.ids)
    for name in data.draw(st.sets(st.sampled_from(sorted(parameters)), max_size=5)):
        del parameters[name]
    names = st.sampled_from([*WORDS, *parameters]) | st.sampled_from(WORDS).map(lambda word: f"{word}.1")
    parameters |= data.draw(st.dictionaries(names, st.sampled_from(NONSENSE) | st.text(max_size=20), max_size=4))
    crowd.door.send(version, action, form=tuple(parameters), **parameters)

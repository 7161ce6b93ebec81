"""Numbers, documents and lists that no client of ours would send: refused by name, at any length and depth."""

from __future__ import annotations

import time
from typing import Any

import pytest

from provisioner.sandbox.cloud import ActionError
from provisioner.sandbox.cloud.parameters import Parameters, decimal

MANY_DIGITS = "9" * 5000
DEEP = "[" * 50_000
NUMBERS = ["x", "1.5", "1_0", "\u0663", " 1", MANY_DIGITS, "9" * 19]


@pytest.mark.parametrize("value", NUMBERS)
def test_an_integer_is_digits_and_no_more_than_a_number_has(value: str) -> None:
    with pytest.raises(ActionError, match="Size is not valid"):
        Parameters({"Size": value}).integer("Size")


@pytest.mark.parametrize("value", ["x", "nan", "inf", "-inf", "1e999"])
def test_a_number_is_finite(value: str) -> None:
    with pytest.raises(ActionError, match="Price is not valid"):
        Parameters({"Price": value}).number("Price")


@pytest.mark.parametrize("text", [*NUMBERS, "-1", "+1", ""])
def test_digits_alone_are_a_decimal(text: str) -> None:
    assert decimal(text) == -1
    assert decimal("7") == 7


def test_a_list_of_structures_is_read_in_the_time_that_it_takes_to_send() -> None:
    """Each element used to be looked for among all that was sent."""
    given = {f"Tag.{number}.Key": "k" for number in range(1, 1001)} | {f"Other.{n}.Key": "k" for n in range(20_000)}
    started = time.monotonic()
    assert len(Parameters(given).structures("Tag")) == 1000
    assert time.monotonic() - started < 1


def test_a_list_of_structures_has_an_end() -> None:
    given = {f"Tag.{number}.Key": "k" for number in range(1, 1002)}
    with pytest.raises(ActionError, match="Tag is not valid"):
        Parameters(given).structures("Tag")


def test_a_list_of_structures_ends_where_a_number_is_missing() -> None:
    given = {"Tag.1.Key": "a", "Tag.2.Key": "", "Tag.3.Key": "c", "Tag.x.Key": "x", "Tag.1": "no structure"}
    assert [one.text("Key") for one in Parameters(given).structures("Tag")] == ["a"]


@pytest.mark.parametrize("value", [DEEP, MANY_DIGITS, "{"])
def test_a_document_that_cannot_be_read_is_refused(value: str) -> None:
    with pytest.raises(ActionError, match="Ids is not valid"):
        Parameters({"Ids": value}).json_texts("Ids")


@pytest.mark.parametrize(
    ("product", "action", "given"),
    [
        ("vpc", "AllocateEipAddress", {"Bandwidth": MANY_DIGITS}),
        ("vpc", "DescribeVpcs", {"PageNumber": "0"}),
        ("vpc", "DescribeVpcs", {"PageSize": MANY_DIGITS}),
        ("ecs", "DescribeInstances", {"NextToken": "-5", "MaxResults": "1"}),
        ("ecs", "DescribeAvailableResource", {"DestinationResource": "InstanceType", "Memory": "nan"}),
        ("ecs", "ImportKeyPair", {"KeyPairName": "key", "PublicKeyBody": "ssh-rsa \u00e9"}),
        ("slb", "DescribeLoadBalancers", {"Tags": DEEP}),
        ("ess", "DescribeInstanceRefreshes", {"ScalingGroupId": "asg-x", "NextToken": "-1"}),
    ],
)
def test_an_action_refuses_what_it_cannot_count_with(
    account: Any, refused: Any, product: str, action: str, given: dict[str, str]
) -> None:
    assert refused(getattr(account, product), action, **given).http_status < 500


@pytest.mark.parametrize("ports", [f"1/{MANY_DIGITS}", f"{MANY_DIGITS}/1", "\u0661/2"])
def test_a_port_range_is_two_numbers(account: Any, refused: Any, ports: str) -> None:
    group = account.a_security_group(account.a_vpc())
    rule = {"IpProtocol": "TCP", "PortRange": ports, "SourceCidrIp": "10.0.0.0/8"}
    error = refused(account.ecs, "AuthorizeSecurityGroup", SecurityGroupId=group, **rule)
    assert error.code == "InvalidIpProtocol.Malformed"

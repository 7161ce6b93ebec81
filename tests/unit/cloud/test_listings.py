"""Lists of several pages are complete, whatever is made and deleted while they are read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from provisioner.cloud import CloudClient
from provisioner.errors import CloudError
from tests.unit.cloud.conftest import SimulatedAccount

PAGE = 50


class WithNeighbours(CloudClient):
    """A client beside whom others are at work: `between` is called after each page."""

    between: Callable[[int], None] = lambda number: None

    def call(self, product: Any, action: str, parameters: Mapping[str, str]) -> dict[str, Any]:
        answer = super().call(product, action, parameters)
        type(self).between(int(parameters["PageNumber"]))
        return answer


def listing(simulated: SimulatedAccount, between: Callable[[int], None]) -> set[str]:
    """Return the ids of the VPCs that are found while others work."""
    kind = type("Client", (WithNeighbours,), {"between": staticmethod(between)})
    client = simulated.client_with(simulated.url, "LTAIone", "secret-one", kind)
    return {row["VpcId"] for row in client.pages("vpc", "DescribeVpcs", {}, "Vpcs", "Vpc")}


@pytest.fixture
def vpcs(simulated: SimulatedAccount) -> list[str]:
    """More VPCs than fit on one page, the way they are listed."""
    simulated.cloud.set_quota("vpc", 1000)
    made = {simulated.account.a_vpc() for _ in range(PAGE + 5)}
    rows = simulated.client.pages("vpc", "DescribeVpcs", {}, "Vpcs", "Vpc")
    return [row["VpcId"] for row in rows if row["VpcId"] in made]


def test_row_that_moves_to_a_page_already_read_is_not_lost(simulated: SimulatedAccount, vpcs: list[str]) -> None:
    deleted: list[str] = []

    def delete_one(number: int) -> None:
        if number == 1 and not deleted:
            deleted.append(vpcs[0])
            simulated.account.vpc("DeleteVpc", VpcId=vpcs[0])

    assert listing(simulated, delete_one) >= set(vpcs[1:])


def test_list_that_keeps_changing_is_an_error_that_passes(simulated: SimulatedAccount, vpcs: list[str]) -> None:
    def make_one(number: int) -> None:
        simulated.account.a_vpc()

    with pytest.raises(CloudError, match="DescribeVpcs: the list keeps changing") as caught:
        listing(simulated, make_one)
    assert caught.value.is_retryable


def test_one_page_is_read_once(simulated: SimulatedAccount) -> None:
    simulated.account.a_vpc()
    before = len(simulated.asked())
    listing(simulated, lambda number: None)
    assert simulated.asked()[before:].count("DescribeVpcs") == 1

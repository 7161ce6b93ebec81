"""Routes that take too long: what terraform is told."""

from __future__ import annotations

import threading

import pytest

from provisioner.sandbox.cloud import Caller
from provisioner.sandbox.cloud.faults import Fault
from provisioner.sandbox.provider.calls import Connection, Patience
from provisioner.sandbox.provider.failures import PollExpired
from provisioner.sandbox.provider.record import Record
from provisioner.sandbox.provider.resources import OPERATIONS
from provisioner.sandbox.provider.schema import load_schema
from tests.unit.sandbox.provider.network import Network
from tests.unit.sandbox.provider.terraform_side import REGION, WatchedCloud

TYPE = "alicloud_route_entry"
SCHEMA = load_schema().resources[TYPE]


@pytest.fixture
def hasty(watched: WatchedCloud, caller: Caller) -> Connection:
    """Return a connection that waits for nothing longer than a moment."""
    patience = Patience(wait_seconds=0.05)
    return Connection(watched, caller, REGION, patience, threading.Lock())  # type: ignore[arg-type]  # speaks Cloud.call


def new_route(network: Network) -> Record:
    """Return a route that is to be added."""
    planned = {**SCHEMA.empty(), **network.parts["route"][1], "destination_cidrblock": "192.168.0.0/24"}
    return Record(SCHEMA, None, planned)


def shown(caught: pytest.ExceptionInfo[PollExpired]) -> list[str]:
    """Return what terraform shows, without where it came from."""
    mark = f"\x1b[31m[ERROR]\x1b[0m terraform-provider-alicloud/alicloud/{SCHEMA.file}:1"
    return caught.value.describe(SCHEMA.file).replace(mark, "AT").splitlines()


def test_a_route_that_does_not_become_available_keeps_its_id(
    network: Network, watched: WatchedCloud, hasty: Connection
) -> None:
    watched.cloud.faults.add(Fault("CreateRouteEntry", "slow-state", delay_ms=5_000))
    route = new_route(network)
    with pytest.raises(PollExpired) as caught:
        OPERATIONS[TYPE].create(route, hasty)
    assert shown(caught) == [
        "AT:",
        f"AT: Resource {route.id} WaitForRouteEntry Timeout In 0 Seconds. "
        "Got: Pending Expected: Available !!! [Provider ERROR]:",
        "<nil cause>",
    ]
    assert route.id.startswith(network.id_of("table"))


def test_a_route_that_cannot_be_read_yet_is_waited_for_as_long(
    network: Network, watched: WatchedCloud, hasty: Connection
) -> None:
    watched.cloud.faults.add(Fault("CreateRouteEntry", "invisible", delay_ms=5_000))
    route = new_route(network)
    with pytest.raises(PollExpired) as caught:
        OPERATIONS[TYPE].create(route, hasty)
    assert shown(caught)[1:] == [
        f"AT: Resource {route.id} WaitForRouteEntry Timeout In 0 Seconds. "
        "Got:  Expected: Available !!! [Provider ERROR]:",
        "AT: ResourceNotfound!!! [Provider ERROR]:",
        f"The specified RouteEntry {route.id} is not found.",
    ]


def test_a_route_whose_table_does_not_settle_is_not_attempted(
    network: Network, watched: WatchedCloud, hasty: Connection
) -> None:
    watched.cloud.faults.add(Fault("CreateRouteEntry", "slow-state", delay_ms=5_000))
    with pytest.raises(PollExpired):
        OPERATIONS[TYPE].create(new_route(network), hasty)
    watched.calls.clear()
    with pytest.raises(PollExpired) as caught:
        OPERATIONS[TYPE].create(new_route(network), hasty)
    table = network.id_of("table")
    assert (
        f"Resource {table} WaitForAllRouteEntriesAvailable Timeout In 0 Seconds. Got: Available Expected: Null"
        in (shown(caught)[1])
    )
    assert watched.changing() == []


def test_a_route_that_does_not_go_is_not_forgotten(network: Network, watched: WatchedCloud, hasty: Connection) -> None:
    watched.cloud.faults.add(Fault("DeleteRouteEntry", "slow-state", delay_ms=5_000))
    route = Record(SCHEMA, network.parts["route"][2])
    with pytest.raises(PollExpired, match="Got: Deleting Expected: Deleted"):
        OPERATIONS[TYPE].delete(route, hasty)

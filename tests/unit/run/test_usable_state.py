"""Whether a state is this shoot's: tags count before names, and one resource of the shoot is enough."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from provisioner.run.usable_state import find_stranger
from provisioner.tfstate import State

UID = "3f0d4f52-8c0e-4a5b-9d57-6f1f6c1b2a90"
ENTRY = f"shoot--demo--canary--{UID}"


def stranger(*attributes: dict[str, object], entry_name: str = ENTRY) -> str:
    identity = SimpleNamespace(technical_id="shoot--demo--canary")
    session = SimpleNamespace(entry_name=entry_name, target=SimpleNamespace(identity=identity))
    resource = {
        "mode": "managed",
        "type": "alicloud_vpc",
        "name": "this",
        "instances": [{"attributes": attribute} for attribute in attributes],
    }
    return find_stranger(session, State({"resources": [resource]}))


def owned(owner: str) -> dict[str, object]:
    return {"tags": {"provisioner/owner": owner}}


def tagged(technical_id: str) -> dict[str, object]:
    return {"tags": {f"kubernetes.io/cluster/{technical_id}": "1"}}


@pytest.mark.parametrize(
    "attributes",
    [
        (),
        ({"id": "vpc-1", "tags": None},),
        (owned(ENTRY),),
        (owned("shoot--demo--other--1"), owned(ENTRY)),
        (owned("shoot--demo--canary"),),
        (tagged("shoot--demo--canary"),),
        (tagged("shoot--demo--other"), tagged("shoot--demo--canary")),
        ({"vpc_name": "shoot--demo--canary-vpc"},),
        ({"vpc_name": "foreign"},),
    ],
)
def test_a_state_that_may_be_this_shoots_is_taken(attributes):
    assert stranger(*attributes) == ""


@pytest.mark.parametrize(
    ("attributes", "found"),
    [
        (owned("shoot--demo--other--1"), "its resources belong to shoot--demo--other--1"),
        (owned("shoot--demo--canary--another-uid"), "its resources belong to shoot--demo--canary--another-uid"),
        (
            owned("shoot--demo--other--1") | {"vpc_name": "shoot--demo--canary-vpc"},
            "its resources belong to shoot--demo--other--1",
        ),
        (tagged("shoot--demo--other"), "its resources are tagged kubernetes.io/cluster/shoot--demo--other"),
        ({"vpc_name": "shoot--demo--other-vpc"}, "it holds shoot--demo--other-vpc"),
    ],
)
def test_a_state_of_another_shoot_is_recognised_by_tags_and_names(attributes, found):
    assert stranger(attributes) == found


def test_an_entry_without_a_uid_takes_what_one_with_a_uid_owned():
    """An engineer copied the state to where a manifest without a uid looks for it."""
    assert stranger(owned(ENTRY), entry_name="shoot--demo--canary") == ""

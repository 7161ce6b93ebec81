"""The warnings before a run removes an object in use."""

from __future__ import annotations

import pytest

from provisioner.run.checks.destructive_changes import find_casualties, find_in_use
from provisioner.runner import Change
from provisioner.tfstate import Address, State, StateDocument

NET = "module.infrastructure"
ZONE = "eu-central-1a"


def a_state() -> StateDocument:
    """Return a state with one of each kind, and two pools, one of them in two zones."""
    document = StateDocument()
    for type, name, key in (
        ("alicloud_vpc", "this", 0),
        ("alicloud_vswitch", "nodes", ZONE),
        ("alicloud_nat_gateway", "this", 0),
        ("alicloud_eip_address", "nat", ZONE),
        ("alicloud_snat_entry", "nodes", ZONE),
    ):
        document.add(Address(NET, type, name, key), {"id": f"{type}-1", "ip_address": "47.0.0.1"}, ())
    for pool, zone in (("a", ZONE), ("b", ZONE), ("b", "eu-central-1b")):
        group = Address(f'module.worker_pool["{pool}"]', "alicloud_ess_scaling_group", "nodes", zone)
        document.add(group, {"id": f"asg-{pool}-{zone}"}, ())
    return document


def sentences(
    *changes: tuple[str, str], state: StateDocument | None = None, uses: dict[str, tuple[str, ...]] | None = None
) -> list[str]:
    def find_uses() -> dict[str, tuple[str, ...]]:
        assert uses is not None, "the cloud is asked although nothing depends on it"
        return uses

    found = find_casualties([Change(*change) for change in changes], (state or a_state()).state, find_uses)
    return [sentence for _, sentence in found]


@pytest.mark.parametrize(
    ("address", "action", "sentence"),
    [
        ("alicloud_vpc.this[0]", "replace", "VPC alicloud_vpc-1 would be replaced, with everything in it"),
        (
            f'alicloud_vswitch.nodes["{ZONE}"]',
            "delete",
            f"vSwitch alicloud_vswitch-1 of zone {ZONE} would be deleted: meanwhile no machine can use it",
        ),
        (
            "alicloud_nat_gateway.this[0]",
            "replace",
            "NAT gateway alicloud_nat_gateway-1 would be replaced: without it the nodes have no egress",
        ),
        (
            f'alicloud_eip_address.nat["{ZONE}"]',
            "delete",
            f"EIP alicloud_eip_address-1 (47.0.0.1) of zone {ZONE} would be deleted: "
            "the shoot's egress address changes",
        ),
    ],
)
def test_one_sentence_says_what_goes(address, action, sentence):
    assert sentences((f"{NET}.{address}", action)) == [sentence]


@pytest.mark.parametrize("action", ["create", "update", "read"])
def test_change_that_deletes_nothing_is_no_casualty(action):
    assert sentences((f"{NET}.alicloud_vpc.this[0]", action)) == []


def test_parts_that_come_back_by_themselves_are_none():
    assert sentences((f'{NET}.alicloud_snat_entry.nodes["{ZONE}"]', "replace")) == []


def test_whole_pool_is_one_casualty():
    addresses = [
        f'module.worker_pool["b"].alicloud_ess_scaling_group.nodes["{zone}"]' for zone in (ZONE, "eu-central-1b")
    ]
    assert sentences(*((address, "delete") for address in addresses)) == [
        "worker pool b would be deleted, with all its machines"
    ]


def test_one_zone_of_a_pool_is_none():
    assert sentences((f'module.worker_pool["b"].alicloud_ess_scaling_group.nodes["{ZONE}"]', "delete")) == []


def test_deposed_object_that_is_not_in_use_is_none():
    state, address = a_state(), Address(NET, "alicloud_eip_address", "nat", ZONE)
    state.add(address, {"id": "eip-2"}, (), deposed="00abcdef")
    assert sentences((str(address), "delete"), state=state, uses={}) == []
    assert len(sentences((str(address), "delete"), (str(address), "delete"), state=state, uses={})) == 1
    assert len(sentences((str(address), "replace"), state=state)) == 1


def test_deposed_object_that_is_in_use_is_one():
    """The state may be wrong."""
    state, address = a_state(), Address(NET, "alicloud_nat_gateway", "this", 0)
    state.add(address, {"id": "ngw-2"}, (), deposed="00abcdef")
    assert sentences((str(address), "delete"), state=state, uses={"ngw-2": ("eip-2", "stb:snat-2")}) == [
        "NAT gateway ngw-2 would be deleted: without it the nodes have no egress; it holds or serves eip-2, stb:snat-2"
    ]


def test_cloud_is_not_asked_about_deposed_objects_that_do_not_matter():
    state, address = a_state(), Address(NET, "alicloud_snat_entry", "nodes", ZONE)
    state.add(address, {"id": "stb:snat-2"}, (), deposed="00abcdef")
    assert sentences((str(address), "delete"), state=state) == []


def test_only_objects_that_workers_use_are_found_in_use():
    worker = State({"resources": [{"attributes": {"vswitch_ids": ["alicloud_vswitch-1"]}}]})
    changes = [
        Change(f'{NET}.alicloud_vswitch.nodes["{ZONE}"]', "delete"),
        Change(f"{NET}.alicloud_vpc.this[0]", "replace"),
    ]
    ((address, sentence),) = find_in_use(changes, a_state().state, worker)
    assert (address, "alicloud_vswitch-1, which the workers use" in sentence) == (changes[0].address, True)


def test_deposed_object_beside_one_that_workers_use_may_go():
    state, address = a_state(), Address(NET, "alicloud_vswitch", "nodes", ZONE)
    state.add(address, {"id": "vsw-2"}, (), deposed="00abcdef")
    worker = State({"vswitch_ids": ["alicloud_vswitch-1"]})
    assert find_in_use([Change(str(address), "delete")], state.state, worker) == []


def test_deposed_object_that_workers_use_may_not_go():
    state, address = a_state(), Address(NET, "alicloud_vswitch", "nodes", ZONE)
    state.add(address, {"id": "vsw-2"}, (), deposed="00abcdef")
    worker = State({"vswitch_ids": ["vsw-2"]})
    ((label, sentence),) = find_in_use([Change(str(address), "delete")], state.state, worker)
    assert (label, "vsw-2, which the workers use" in sentence) == (f"{address} (deposed 00abcdef)", True)

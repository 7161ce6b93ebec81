"""A state as a document: what is recorded in it, what stays as it was, and what hostile names do to it."""

from __future__ import annotations

import json
from copy import deepcopy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioner.tfstate import Address, Instance, State, StateDocument, parse_state

VPC = Address("module.infrastructure", "alicloud_vpc", "this")
VSWITCH = Address("module.infrastructure", "alicloud_vswitch", "nodes", "eu-central-1a")
HOSTILE = ['"', "\\", "${self.id}", "%{if true}", "a.b[0]", ".*", "]", '"]["', "\n", "é", "\u200b", ""]
KEYS = st.none() | st.integers(0, 10**6) | st.text() | st.sampled_from(HOSTILE)
NAMES = st.sampled_from(["this", "nodes", "nat"])
TYPES = st.sampled_from(["alicloud_vpc", "alicloud_vswitch", "alicloud_snat_entry"])
POOLS = (st.text() | st.sampled_from(HOSTILE)).map(lambda pool: f"module.worker_pool[{json.dumps(pool)}]")
MODULES = st.sampled_from(["", "module.infrastructure"]) | POOLS
ADDRESSES = st.builds(Address, MODULES, TYPES, NAMES, KEYS)


def a_state(*resources, **changes):
    return {
        "version": 4,
        "terraform_version": "1.11.4",
        "serial": 7,
        "lineage": "lineage-1",
        "outputs": {"vpc_id": {"value": "vpc-1", "type": "string"}},
        "resources": list(resources),
        "check_results": None,
        **changes,
    }


def a_resource(address, *instances, **changes):
    return {
        **({"module": address.module} if address.module else {}),
        "mode": "managed",
        "type": address.type,
        "name": address.name,
        "provider": 'provider["example.org/mirror/alicloud"]',
        "instances": list(instances),
        **changes,
    }


def an_instance(id, key=None, **changes):
    attributes = {"schema_version": 0, "attributes": {"id": id}, **changes}
    return attributes if key is None else {"index_key": key, **attributes}


def only(document) -> Instance:
    (instance,) = document.state.instances()
    return instance


@pytest.mark.parametrize(
    ("address", "text", "resource"),
    [
        (Address("", "alicloud_vpc", "this"), "alicloud_vpc.this", "alicloud_vpc.this"),
        (VPC, "module.infrastructure.alicloud_vpc.this", "module.infrastructure.alicloud_vpc.this"),
        (
            VSWITCH,
            'module.infrastructure.alicloud_vswitch.nodes["eu-central-1a"]',
            "module.infrastructure.alicloud_vswitch.nodes",
        ),
        (
            Address('module.worker_pool["a"]', "alicloud_ess_scaling_group", "nodes", "z"),
            'module.worker_pool["a"].alicloud_ess_scaling_group.nodes["z"]',
            "module.worker_pool.alicloud_ess_scaling_group.nodes",
        ),
        (Address("", "alicloud_vpc", "this", 0), "alicloud_vpc.this[0]", "alicloud_vpc.this"),
    ],
)
def test_address_is_written_as_terraform_writes_it(address, text, resource):
    assert (str(address), address.resource) == (text, resource)


@given(ADDRESSES)
def test_key_can_be_read_back_from_an_address(address):
    rest = str(address).removeprefix(f"{address.module}." if address.module else "")
    rest = rest.removeprefix(f"{address.type}.{address.name}")
    assert (json.loads(rest[1:-1]) if rest else None) == address.key


@given(ADDRESSES, ADDRESSES)
def test_different_addresses_are_written_differently(one, other):
    assert (str(one) == str(other)) == (one == other)


@given(st.lists(ADDRESSES, unique=True, max_size=6), st.text(min_size=1))
def test_what_is_added_is_found_at_its_address(addresses, id):
    document = StateDocument()
    for number, address in enumerate(addresses):
        document.add(address, {"id": f"{id}-{number}"}, ())
    stored = State.from_bytes(document.state.to_bytes())
    assert {(it.address, it.id) for it in stored.instances()} == {
        (address, f"{id}-{number}") for number, address in enumerate(addresses)
    }


@given(st.lists(ADDRESSES, min_size=1, max_size=6))
def test_changed_document_is_a_state_that_the_log_takes(addresses):
    document = StateDocument(State(a_state()))
    for address in addresses:
        document.add(address, {"id": "x"}, ())
    parsed = parse_state(document.state.to_bytes())
    assert (parsed.serial, parsed.lineage) == (8, "lineage-1")


def test_document_without_a_state_is_empty_and_unchanged():
    document = StateDocument(None)
    assert (document.state.content, document.is_changed, document.state.instances()) == ({}, False, ())


def test_new_state_begins_with_serial_1_and_its_own_lineage():
    lineages = set()
    for _ in range(2):
        document = StateDocument(State())
        document.add(VPC, {"id": "vpc-1"}, ())
        parsed = parse_state(document.state.to_bytes())
        assert parsed.serial == 1
        lineages.add(parsed.lineage)
    assert len(lineages) == 2


def test_serial_grows_by_one_however_much_changes():
    document = StateDocument(State(a_state()))
    document.add(VPC, {"id": "vpc-1"}, ())
    document.add(VSWITCH, {"id": "vsw-1"}, ())
    assert document.state.content["serial"] == 8


def test_state_that_it_was_made_from_is_left_alone():
    state = a_state(a_resource(VPC, an_instance("vpc-1", status="tainted")))
    before = deepcopy(state)
    document = StateDocument(State(state))
    document.complete(only(document), {"a": 1})
    document.add(VSWITCH, {"id": "vsw-1"}, ())
    assert state == before


def test_recorded_instance_is_a_stub_that_terraform_completes():
    document = StateDocument(State(a_state(a_resource(VPC, an_instance("vpc-1")))))
    document.add(VSWITCH, {"id": "vsw-1"}, ["module.infrastructure.alicloud_vpc.this"])
    assert document.state.content["resources"][1] == {
        "module": "module.infrastructure",
        "mode": "managed",
        "type": "alicloud_vswitch",
        "name": "nodes",
        "provider": 'provider["example.org/mirror/alicloud"]',
        "instances": [
            {
                "index_key": "eu-central-1a",
                "schema_version": 0,
                "attributes": {"id": "vsw-1"},
                "sensitive_attributes": [],
                "dependencies": ["module.infrastructure.alicloud_vpc.this"],
            }
        ],
    }


def test_sensitive_attributes_are_marked_as_terraform_marks_them():
    document = StateDocument()
    document.add(VPC, {"id": "vpc-1", "secret": "x"}, (), sensitive=("secret",))
    assert only(document).content["sensitive_attributes"] == [[{"type": "get_attr", "value": "secret"}]]


def test_first_resource_of_a_state_is_the_official_providers():
    document = StateDocument()
    document.add(VPC, {"id": "vpc-1"}, ())
    assert document.state.content["resources"][0]["provider"] == 'provider["registry.terraform.io/aliyun/alicloud"]'


def test_instance_joins_the_others_of_its_resource():
    document = StateDocument(State(a_state(a_resource(VSWITCH, an_instance("vsw-b", "eu-central-1b")))))
    document.add(VSWITCH, {"id": "vsw-a"}, ())
    assert [it.id for it in document.state.instances()] == ["vsw-b", "vsw-a"]
    assert len(document.state.content["resources"]) == 1


def test_instance_takes_the_place_of_what_its_address_had():
    document = StateDocument(State(a_state(a_resource(VPC, an_instance("vpc-gone")))))
    document.add(VPC, {"id": "vpc-1"}, ())
    assert only(document).id == "vpc-1"


def test_surplus_instance_is_deposed_beside_the_current_one():
    document = StateDocument(State(a_state(a_resource(VPC, an_instance("vpc-1")))))
    document.add(VPC, {"id": "vpc-2"}, (), deposed="00abcdef")
    assert [(it.id, it.is_deposed) for it in document.state.instances()] == [("vpc-1", False), ("vpc-2", True)]


def test_new_current_instance_leaves_deposed_ones_of_its_address():
    document = StateDocument(State(a_state(a_resource(VPC, an_instance("vpc-old", deposed="00abcdef")))))
    document.add(VPC, {"id": "vpc-1"}, ())
    assert [(it.id, it.is_deposed) for it in document.state.instances()] == [("vpc-old", True), ("vpc-1", False)]


def test_data_source_of_the_same_name_is_another_resource():
    document = StateDocument(State(a_state(a_resource(VPC, an_instance("data"), mode="data"))))
    document.add(VPC, {"id": "vpc-1"}, ())
    assert only(document).id == "vpc-1"
    assert document.state.content["resources"][0]["instances"] == [an_instance("data")]


def test_untainted_instance_keeps_what_it_has_and_gets_what_is_known_better():
    tainted = an_instance("asg-1", status="tainted", private="abc")
    document = StateDocument(State(a_state(a_resource(VPC, tainted))))
    document.complete(only(document), {"enable": True})
    assert only(document).content == {
        "schema_version": 0,
        "attributes": {"id": "asg-1", "enable": True},
        "private": "abc",
    }


def test_tainted_and_deposed_instances_are_told():
    resource = a_resource(VPC, an_instance("a", status="tainted"), an_instance("b", deposed="00abcdef"))
    told = [(it.is_tainted, it.is_deposed) for it in State(a_state(resource)).instances()]
    assert told == [(True, False), (False, True)]


def test_untainting_leaves_a_resource_that_looks_the_same():
    other = Address("", "alicloud_vpc", "this")
    resources = [a_resource(address, an_instance("x", status="tainted")) for address in (other, VPC)]
    document = StateDocument(State(a_state(*resources)))
    document.complete(next(it for it in document.state.instances() if it.address == VPC), {})
    assert {it.address: it.is_tainted for it in document.state.instances()} == {other: True, VPC: False}


@pytest.mark.parametrize("attributes", [{}, {"id": None}, None])
def test_instance_without_an_id_has_an_empty_one(attributes):
    assert Instance(VPC, {"attributes": attributes}).id == ""


def test_outputs_are_their_values():
    assert State(a_state()).outputs == {"vpc_id": "vpc-1"}


@pytest.mark.parametrize("state", [{}, {"outputs": None}, {"outputs": {}}])
def test_state_without_outputs_has_none(state):
    assert State(state).outputs == {}

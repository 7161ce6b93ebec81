"""The provider takes the first element for the right one, whatever its id; and it filters by odd things."""

from __future__ import annotations

import pytest

from tests.contract.gotchas.network import EMPTY_LISTS, READS, SEVERAL, Network, look

# The first element is taken for the right one, whatever its id.


FILTERED = [kind for kind, (*_, path) in READS.items() if path.endswith(".0") and kind not in ("rule", *SEVERAL)]


@pytest.mark.parametrize("kind", FILTERED)
def test_of_two_objects_the_one_that_was_asked_for_is_the_only_one(pair: tuple[Network, Network], kind: str) -> None:
    version, action, ids, path = READS[kind]
    for network in pair:
        wanted = {name: network.ids[id] for name, id in ids.items()}
        (shown,) = look(network.door.ok(version, action, **wanted), path.removesuffix(".0"))
        own = next(iter(ids))
        assert shown[own.removesuffix(".1")] == wanted[own]


def test_of_two_security_groups_the_rules_of_one_are_shown(pair: tuple[Network, Network]) -> None:
    first, second = ((network.read("rule") or {})["SecurityGroupRuleId"] for network in pair)
    assert first != second


@pytest.mark.parametrize("kind", EMPTY_LISTS)
def test_an_unknown_id_finds_nothing(shared: Network, kind: str) -> None:
    version, action, ids, path = EMPTY_LISTS[kind]
    answer = shared.door.ok(version, action, **dict.fromkeys(ids, "missing-0"))
    assert look(answer, path.removesuffix(".0")) == []


# A client without a NIC type sends the text "<nil>".


@pytest.mark.parametrize("nic_type", ["<nil>", "intranet"])
def test_an_unknown_nic_type_is_no_filter(shared: Network, nic_type: str) -> None:
    assert shared.read("rule", NicType=nic_type, Direction="ingress") == shared.fresh["rule"]

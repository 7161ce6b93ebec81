"""What is a state file and what is not."""

from __future__ import annotations

import json
import traceback

import pytest

from provisioner.errors import StateError
from provisioner.tfstate import parse_state

GOOD = {"version": 4, "terraform_version": "1.11.4", "serial": 3, "lineage": "0a1b", "outputs": {}, "resources": []}


def test_a_state_tells_its_serial_and_lineage() -> None:
    state = parse_state(json.dumps(GOOD).encode())
    assert (state.serial, state.lineage) == (3, "0a1b")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"version": 5}, "has format 5, which a newer terraform wrote"),
        ({"version": 3}, "has no format 4"),
        ({"version": "4"}, "has no format 4"),
        ({"serial": -1}, "has no serial"),
        ({"serial": True}, "has no serial"),
        ({"serial": "3"}, "has no serial"),
        ({"lineage": ""}, "has no usable lineage"),
        ({"lineage": "a\nb"}, "has no usable lineage"),
        ({"lineage": None}, "has no usable lineage"),
    ],
)
def test_an_unusable_state_says_why(change: dict[str, object], reason: str) -> None:
    with pytest.raises(StateError) as caught:
        parse_state(json.dumps(GOOD | change).encode(), "the file")
    assert str(caught.value) == f"the file: the state {reason}"


@pytest.mark.parametrize("cut", range(0, 60, 7))
def test_a_torn_state_is_never_taken_for_a_state(cut: int) -> None:
    with pytest.raises(StateError):
        parse_state(json.dumps(GOOD).encode()[:cut])


@pytest.mark.parametrize("body", [b"[]", b"null", b"\xff\xfe", b"[" * 200_000, b'{"version":4}' * 2])
def test_what_is_no_state_is_refused(body: bytes) -> None:
    with pytest.raises(StateError) as caught:
        parse_state(body)
    assert caught.value.problem.type == "UnreadableState"


def test_nothing_from_an_unreadable_state_shows_in_the_error() -> None:
    body = b'{"user_data": "' + b"secret" + b'"'
    with pytest.raises(StateError) as caught:
        parse_state(body)
    shown = "".join(traceback.format_exception(caught.value)) + repr(vars(caught.value.__cause__))
    assert '"secret"' not in shown

"""A Shoot that an engineer wrote by hand: it has no status, so the state alone knows whether it exists."""

from __future__ import annotations

from typing import Any

import pytest

from tests.e2e.conftest import Provision

REFUSED = "Shoot/canary: spec.provider.workers[0].clusterAutoscaler.scaleDownUnneededTime"


def by_hand(shoot: dict[str, Any]) -> None:
    shoot["metadata"]["uid"] = shoot.pop("status")["uid"]


def with_a_bad_value(shoot: dict[str, Any]) -> None:
    """Let the Shoot have a value that rules for new objects refuse."""
    by_hand(shoot)
    shoot["spec"]["provider"]["workers"][0]["clusterAutoscaler"] = {"scaleDownUnneededTime": "soon"}


def test_a_rule_for_new_shoots_does_not_stop_a_running_one(provision: Provision) -> None:
    provision.begin_applied(provision.write("before.yaml", by_hand))
    done = provision("plan", provision.write("after.yaml", with_a_bad_value))
    assert (done.code, f"warning: {REFUSED}" in done.err) == (0, True), done.err


@pytest.mark.parametrize("command", ["plan", "apply"])
def test_a_rule_for_new_shoots_stops_a_new_one_beside_a_running_one(provision: Provision, command: str) -> None:
    provision.begin_applied(provision.write("before.yaml", by_hand))

    def another(shoot: dict[str, Any]) -> None:
        with_a_bad_value(shoot)
        shoot["metadata"] |= {"name": "other", "uid": "11111111-1111-4111-8111-111111111111"}

    done = provision(command, provision.write("another.yaml", another))
    assert (done.code, f"error: {REFUSED.replace('canary', 'other')}" in done.err) == (3, True), done.err

"""Before anything is built, what only the cloud knows comes in one answer; a shoot that is as it was goes on."""

from __future__ import annotations

import json

import pytest

from tests.e2e.before_build import QUESTIONS
from tests.e2e.conftest import EXAMPLE


def asked(provision):
    """Return the questions of all runs so far, in their order."""
    lines = (provision.folder / "sandbox" / "access.jsonl").read_text().splitlines()
    return [action for action in (json.loads(line)[3] for line in lines) if action in QUESTIONS]


@pytest.mark.parametrize("verb", ["plan", "apply"])
def test_all_problems_come_in_one_answer_and_nothing_is_built(provision, verb):
    provision.ok("sandbox", "offer", "set", "nat-gateway", "not-sold", "--zone", "eu-central-1a")
    provision.ok("sandbox", "offer", "set", "ecs.r7.xlarge", "not-sold", "--zone", "eu-central-1b")
    provision.ok("sandbox", "quota", "set", "eip", "2")
    refused = provision(verb, EXAMPLE, *(["--yes"] if verb == "apply" else []), "-o", "json")
    error = refused.document["error"]
    assert (refused.code, [problem["path"] for problem in error["problems"]], error["codes"]) == (
        3,
        [
            "spec.provider.infrastructureConfig.networks.zones[0].name",
            "spec.provider.infrastructureConfig.networks.zones",
            "spec.provider.workers[1].machine.type",
        ],
        ["ERR_CONFIGURATION_PROBLEM", "ERR_INFRA_QUOTA_EXCEEDED"],
    )
    assert provision.ok("sandbox", "info", "-o", "json").document["total"] == 0


def test_what_the_credentials_may_not_ask_is_a_note(provision):
    provision.ok("sandbox", "fault", "add", "quotas:*", "--kind", "forbidden")
    planned = provision("plan", EXAMPLE)
    assert (planned.code, planned.err.count("cannot be checked")) == (2, 1), planned.err


def test_a_shoot_that_is_as_it_was_asks_nothing_and_goes_on(provision):
    provision.begin_applied(EXAMPLE)
    before = asked(provision)
    provision.ok("sandbox", "offer", "set", "ecs.g7.large", "not-sold")
    provision.ok("sandbox", "quota", "set", "vcpu", "0")
    assert provision("apply", EXAMPLE).code == 0
    assert asked(provision) == before

"""Quotas of the sandbox as a user changes them: met by the next call, refused when they make no sense."""

from __future__ import annotations

import pytest

from tests.e2e.conftest import EXAMPLE


def quota(provision, name):
    quotas = provision.ok("sandbox", "quota", "list", "-o", "json").document["quotas"]
    return next(quota for quota in quotas if quota["name"] == name)


@pytest.mark.parametrize(
    ("quota", "code"),
    [pytest.param("vpc", 3, id="asked-before"), pytest.param("scaling_group", 5, id="met-on-the-way")],
)
def test_quota_that_is_met_ends_an_apply_with_its_code(provision, quota, code):
    provision.ok("sandbox", "quota", "set", quota, "0")
    refused = provision("apply", EXAMPLE)
    assert (refused.code, "ERR_INFRA_QUOTA_EXCEEDED" in refused.err) == (code, True), refused.err


def test_changed_quota_is_listed_beside_its_default(provision):
    provision.ok("sandbox", "quota", "set", "eip", "1")
    assert quota(provision, "eip") == {"name": "eip", "limit": 1, "default": 20}


def test_reset_restores_a_quota(provision):
    provision.ok("sandbox", "quota", "set", "eip", "1")
    provision.ok("sandbox", "reset")
    assert quota(provision, "eip")["limit"] == 20


@pytest.mark.parametrize(
    ("arguments", "text"), [(("vpcs", "1"), "NAME: 'vpcs' is not one of"), (("vpc", "-1"), "VALUE: -1 is negative")]
)
def test_quota_that_makes_no_sense_is_refused(provision, arguments, text):
    refused = provision("sandbox", "quota", "set", *arguments)
    assert (refused.code, text in refused.err) == (3, True), refused.err

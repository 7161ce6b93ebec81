"""The example through the unmodified aliyun/alicloud provider, in the same sandbox and by the same command."""

from __future__ import annotations

import os

import pytest

from tests.e2e.conftest import EXAMPLE
from tests.e2e.test_main_job import EXPECTED

# Read when the module is loaded: the environment of each test is cleaned.
REAL_PROVIDER = os.environ.get("PROVISION_REAL_PROVIDER")
needs_real_provider = pytest.mark.skipif(
    not REAL_PROVIDER, reason="PROVISION_REAL_PROVIDER is not set; it names an executable of aliyun/alicloud"
)


@needs_real_provider
@pytest.mark.timeout(900)
def test_both_providers_agree_on_what_exists(provision):
    provision.environment = {"PROVISION_REAL_PROVIDER": str(REAL_PROVIDER)}
    provision.ok("apply", EXAMPLE, "--provider", "real")
    assert provision.counts() == EXPECTED
    for provider in ("real", "embedded"):
        plan = provision("plan", EXAMPLE, "--provider", provider)
        assert plan.code == 0, plan.out + plan.err
    provision.ok("destroy", EXAMPLE, "--provider", "real")
    assert provision.counts() == {}


def test_embedded_provider_is_for_the_sandbox_alone(capfd):
    from provisioner.cli import main

    assert main(["plan", str(EXAMPLE), "--provider", "embedded"]) == 3
    assert "--provider: the embedded provider knows the sandbox alone; add --sandbox" in capfd.readouterr().err


def test_missing_real_provider_is_named(provision):
    provision.environment = {"PROVISION_REAL_PROVIDER": "/nowhere/provider"}
    refused = provision("plan", EXAMPLE, "--provider", "real")
    assert (refused.code, "/nowhere/provider" in refused.err) == (1, True)

"""Which provider runs: what `--provider` takes and refuses. What the real one does is in `test_variants.py`."""

from __future__ import annotations

import os

import pytest

from provisioner.cli import main
from tests.e2e.conftest import EXAMPLE

# Read when the module is loaded: the environment of each test is cleaned.
REAL_PROVIDER = os.environ.get("PROVISION_REAL_PROVIDER")
needs_real_provider = pytest.mark.skipif(
    not REAL_PROVIDER, reason="PROVISION_REAL_PROVIDER is not set; it names an executable of aliyun/alicloud"
)


def test_embedded_provider_is_for_the_sandbox_alone(capfd):
    assert main(["plan", str(EXAMPLE), "--provider", "embedded"]) == 3
    assert "--provider: the embedded provider knows the sandbox alone; add --sandbox" in capfd.readouterr().err


def test_missing_real_provider_is_named(provision):
    provision.environment = {"PROVISION_REAL_PROVIDER": "/nowhere/provider"}
    refused = provision("plan", EXAMPLE, "--provider", "real")
    assert (refused.code, "/nowhere/provider" in refused.err) == (1, True)

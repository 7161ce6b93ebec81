"""
Every kind of shoot in `variants.py`: applied, changed and destroyed, without a change left over in between.

With the provider that is embedded in the sandbox, and with the unmodified aliyun/alicloud where PROVISION_REAL_PROVIDER
names it: `pytest -n 2 -k real`, since it waits for fixed times, about a minute per variant.
"""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from provisioner.runner.engine import find_engine
from provisioner.sandbox.provider import serve_provider
from tests.e2e.conftest import Provision, access_key, caller_of, finish_rolling
from tests.e2e.network_variants import NETWORK_VARIANTS
from tests.e2e.test_real_provider import REAL_PROVIDER, needs_real_provider
from tests.e2e.user_network import describe
from tests.e2e.variants import VARIANTS, Size, Variant
from tests.e2e.worker_variants import WORKER_VARIANTS
from tests.spreads import LONG, chosen

PROVIDERS = [
    pytest.param("embedded"),
    pytest.param("real", marks=[LONG, needs_real_provider, pytest.mark.timeout(900)]),
]
ALL = [*VARIANTS, *WORKER_VARIANTS, *NETWORK_VARIANTS]
SHORT = (
    "example",
    "objects of a seed",
    "dual stack and own route table",
)
"""What `make test` takes: every resource type, both forms of the input, a route table that a user brings."""
HANDED_OVER = "example"
"""The variant that the real provider makes, the embedded one changes, and the real one reads and destroys."""


@pytest.fixture(params=chosen(ALL, lambda variant: variant.name in SHORT), ids=lambda variant: variant.name)
def variant(request: pytest.FixtureRequest) -> Variant:
    chosen: Variant = request.param
    return chosen


@pytest.fixture(params=PROVIDERS)
def provider(request: pytest.FixtureRequest, provision: Provision) -> str:
    if REAL_PROVIDER:
        provision.environment = {"PROVISION_REAL_PROVIDER": REAL_PROVIDER}
    return str(request.param)


@contextmanager
def provider_environment(provision: Provision, provider: str) -> Iterator[dict[str, str]]:
    """Let terraform find a provider without asking a registry."""
    with TemporaryDirectory(prefix="p-") as folder:  # pytest's own is too long for a unix socket
        if provider == "embedded":
            with (
                closing(provision.cloud()) as cloud,
                serve_provider(cloud, caller_of(cloud), Path(folder)) as reattach,
            ):
                yield {**reattach.environment, "TF_CLI_CONFIG_FILE": os.devnull}
        else:
            (Path(folder) / "terraform-provider-alicloud").symlink_to(Path(str(REAL_PROVIDER)).resolve())
            configuration = Path(folder) / "terraform.rc"
            override = f'"aliyun/alicloud" = {json.dumps(folder)}'
            configuration.write_text(f"provider_installation {{\n  dev_overrides {{\n    {override}\n  }}\n}}\n")
            yield {"TF_CLI_CONFIG_FILE": str(configuration)}


def validate_rendered(provision: Provision, file: Path, environment: Mapping[str, str]) -> set[str]:
    """Render manifests, let terraform validate every root, and return the names of the roots."""
    out = provision.folder / "rendered"
    provision.ok("render", file, "--out", out)
    engine = find_engine(None, os.environ, provision.folder / "cache").command
    roots = sorted(path.parent for path in out.glob("*/terraform.tfvars.json"))
    for root in roots:
        # Not init: that would ask the registry about a provider that is overridden.
        for command in (["get"], ["validate", "-json"]):
            done = subprocess.run(
                [*engine, *command],
                cwd=root,
                env={"PATH": os.environ.get("PATH", os.defpath), "CHECKPOINT_DISABLE": "1", **environment},
                capture_output=True,
                text=True,
                check=False,
            )
            assert done.returncode == 0, done.stdout + done.stderr
        found = {diagnostic["summary"] for diagnostic in json.loads(done.stdout)["diagnostics"]}
        assert found <= {"Provider development overrides are in effect"}
    return {root.name for root in roots}


def expect_no_changes(provision: Provision, file: Path, provider: str) -> None:
    plan = provision("plan", file, "--provider", provider)
    assert plan.code == 0, plan.out + plan.err


def apply_and_check(provision: Provision, file: Path, provider: str, size: Size, others: Mapping[str, int]) -> set[str]:
    """Apply manifests, compare what there is with what should be, plan once more, and return the roots that changed."""
    applied = provision.ok("apply", file, "--provider", provider, "--allow-replace", "-o", "json").document
    with closing(provision.cloud()) as cloud:
        finish_rolling(cloud)
        assert cloud.counts() == Counter(size.counts) + Counter(others)
    assert len(applied["infrastructureStatus"]["vpc"]["vswitches"]) == size.zones
    assert len(applied["egressCIDRs"]) == size.zones
    expect_no_changes(provision, file, provider)
    return set(applied["changed"])


def test_variant_is_applied_changed_and_destroyed(variant, provider, provision, record_property):
    started = time.monotonic()
    ids: dict[str, str] = {}
    with closing(provision.cloud()) as cloud:
        caller = cloud.enroll(*access_key())
        if variant.user is not None:
            ids = variant.user.make(cloud, caller)
        foreign, others = describe(cloud, caller), cloud.counts()
    before, after = variant.write(provision.folder, ids)
    created = apply_and_check(provision, before, provider, variant.before, others)
    with provider_environment(provision, provider) as environment:
        # A root may have nothing to create, as that of a Worker without pools.
        assert validate_rendered(provision, before, environment) >= created
    if provider == "real":
        expect_no_changes(provision, before, "embedded")
    changed_by = "embedded" if variant.name == HANDED_OVER else provider
    assert apply_and_check(provision, after, changed_by, variant.after, others)
    if changed_by != provider:
        expect_no_changes(provision, after, provider)
    provision.ok("destroy", after, "--provider", provider)
    assert provision.counts() == others
    with closing(provision.cloud()) as cloud:
        assert describe(cloud, caller_of(cloud)) == foreign
    record_property("seconds", round(time.monotonic() - started, 1))

"""What holds for the process of a command, and for those that it starts."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from tests.e2e.conftest import EXAMPLE, Provision


@pytest.fixture
def engine(tmp_path: Path) -> Path:
    """Return a terraform that first writes down how large a core dump it may leave; its path is not harmless."""
    found = shutil.which("terraform") or shutil.which("tofu")
    if found is None:
        pytest.skip("no terraform or tofu on PATH")
    path = tmp_path / "a\n2026-11-30 INFO all is well\x1b[2J\u202e" / "terraform"
    path.parent.mkdir()
    path.write_text(f'#!/bin/sh\nulimit -c >> {tmp_path}/limits\nulimit -Hc >> {tmp_path}/limits\nexec {found} "$@"\n')
    path.chmod(0o700)
    return path


def test_no_core_dump_has_what_is_in_memory(provision: Provision, engine: Path, tmp_path: Path) -> None:
    provision.engine = str(engine)
    assert provision("plan", EXAMPLE).code == 2
    assert set((tmp_path / "limits").read_text().split()) == {"0"}


@pytest.mark.parametrize("engine_name", ["path", "bundled"])
def test_no_core_dump_of_a_provider_has_what_is_in_memory(
    provision: Provision, tmp_path: Path, engine_name: str
) -> None:
    """The stand-in is no provider, so the plan fails; but it is started as one, by either engine."""
    if engine_name == "path" and shutil.which("terraform") is None:
        pytest.skip("no terraform on PATH")
    provider = tmp_path / "terraform-provider-alicloud_v1.289.0"
    provider.write_text(f"#!/bin/sh\nulimit -c >> {tmp_path}/limits\nulimit -Hc >> {tmp_path}/limits\n")
    provider.chmod(0o700)
    provision.engine = "bundled" if engine_name == "bundled" else None
    provision.environment = {"PROVISION_REAL_PROVIDER": str(provider)}
    assert provision("plan", EXAMPLE, "--provider", "real").code == 1
    assert set((tmp_path / "limits").read_text().split()) == {"0"}


def test_the_sandbox_that_is_served_leaves_no_core_dump_either(provision: Provision) -> None:
    command = [sys.executable, "-m", "provisioner", "sandbox", "serve"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env={**os.environ, **provision.variables}) as process:
        assert process.stdout is not None
        process.stdout.readline()
        # One byte: to none at all, Linux pays no heed where dumps are handed to a program.
        assert psutil.Process(process.pid).rlimit(psutil.RLIMIT_CORE) == (1, 1)
        process.terminate()
        process.stdout.read()


def test_a_log_record_is_one_line_and_harmless_to_a_terminal(provision: Provision, engine: Path) -> None:
    provision.engine = str(engine)
    logged = provision("plan", EXAMPLE, "--log-level", "debug").err
    assert "running /" in logged
    assert not {"\x1b", "\u202e"} & set(logged)
    assert not [line for line in logged.splitlines() if line.startswith("2026-11-30 INFO")]

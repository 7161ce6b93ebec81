"""What holds for the process of a command, and for those that it starts."""

from __future__ import annotations

import shutil
from pathlib import Path

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


def test_a_log_record_is_one_line_and_harmless_to_a_terminal(provision: Provision, engine: Path) -> None:
    provision.engine = str(engine)
    logged = provision("plan", EXAMPLE, "--log-level", "debug").err
    assert "running /" in logged
    assert not {"\x1b", "\u202e"} & set(logged)
    assert not [line for line in logged.splitlines() if line.startswith("2026-11-30 INFO")]

"""Manifests that come through pipes: who writes them may take long, or never come."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.e2e.conftest import EXAMPLE, Provision


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda number: number.name)
@pytest.mark.parametrize("command", ["validate", "destroy"])
def test_a_signal_ends_the_wait_for_a_writer(
    provision: Provision, tmp_path: Path, command: str, number: signal.Signals
) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    os.mkfifo(first)
    os.mkfifo(second)
    with subprocess.Popen(
        [sys.executable, "-m", "provisioner", command, first, second],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **provision.variables},
    ) as run:
        first.write_text(EXAMPLE.read_text())  # waits until it is read
        time.sleep(0.1)
        run.send_signal(number)
        _, errors = run.communicate(timeout=5)
    assert (run.returncode, errors) == (128 + number, f"error: stopped by {number.name}\n")


def test_a_folder_with_a_fifo_in_it_is_read_without_it(provision: Provision, tmp_path: Path) -> None:
    folder = tmp_path / "manifests"
    folder.mkdir()
    (folder / "shoot.yaml").write_text(EXAMPLE.read_text())
    os.mkfifo(folder / "pipe.yaml")
    for command in ("validate", "status"):
        done = provision(command, folder)
        assert (done.code, done.err) == (
            0,
            f"warning: {folder}/pipe.yaml: is a FIFO, and is skipped: in a directory, only files are read; "
            "to read it, name it on the command line\n",
        )

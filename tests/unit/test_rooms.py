"""The order of the rooms and what the package offers."""

import subprocess
import sys
from pathlib import Path

import provisioner


def test_rooms_import_downwards_only():
    """In a process of its own: import-linter configures logging for the whole process."""
    command = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True))"
    done = subprocess.run(
        [sys.executable, "-c", command],
        cwd=Path(__file__).resolve().parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_everything_that_is_public_exists():
    assert all(hasattr(provisioner, name) for name in provisioner.__all__)

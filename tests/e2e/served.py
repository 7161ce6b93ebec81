"""`provision sandbox serve` in a process of its own, and what it prints."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.e2e.conftest import Provision

_ENDS = {"text": ", until interrupted\n", "json": "\n}\n", "yaml": "  encrypt: true\n"}


@contextmanager
def serve(provision: Provision, *options: str, output: str = "text", cwd: Path | None = None) -> Iterator[str]:
    """Serve the test's sandbox for a while, give what was printed, and see that an interruption ends it cleanly."""
    process = subprocess.Popen(
        [sys.executable, "-m", "provisioner", "sandbox", "serve", "-o", output, *options],
        stdout=subprocess.PIPE,
        text=True,
        cwd=cwd,
        env={**os.environ, **provision.variables},
    )
    try:
        printed = ""
        while not printed.endswith(_ENDS[output]):
            assert process.stdout is not None
            line = process.stdout.readline()
            assert line, f"the server ended: {printed}"
            printed += line
        yield printed
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=20)
    assert process.returncode == 0


def sections(printed: str) -> dict[str, str]:
    """Return the printed sections by what their headings begin with, such as `terraform: its own states`."""
    parts = re.split(r"^# === (.+) ===\n", printed, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def section(printed: str, heading: str) -> str:
    """Return the one section whose heading begins like this."""
    (found,) = (text for name, text in sections(printed).items() if name.startswith(heading))
    return found


def pasted(text: str, cwd: Path) -> dict[str, str]:
    """Return the environment of a shell into which the text was pasted."""
    script = f'eval "$1"; exec {shlex.quote(sys.executable)} -c "import json, os; print(json.dumps(dict(os.environ)))"'
    done = subprocess.run(["bash", "-euc", script, "bash", text], cwd=cwd, capture_output=True, text=True, check=True)
    return dict(json.loads(done.stdout))

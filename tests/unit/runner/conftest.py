"""A stand-in terraform: a script that behaves as its working folder's `script.json` says."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from provisioner.runner import Engine

STAND_IN = """
import json, os, signal, sys, time
from pathlib import Path

script = json.loads(Path("script.json").read_text())
signals = []

def on_signal(number, frame):
    signals.append(signal.Signals(number).name)
    Path("signals.json").write_text(json.dumps(signals))

for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
    signal.signal(number, on_signal)
Path("arguments.json").write_text(json.dumps(sys.argv[1:]))
Path("environment.json").write_text(json.dumps(dict(os.environ)))
for line in script.get("lines", []):
    print(line if isinstance(line, str) else json.dumps(line), flush=True)
if script.get("waits"):
    Path("ready").touch()
    end = time.monotonic() + 30
    while time.monotonic() < end and (script.get("is_stubborn") or not signals):
        time.sleep(0.01)
    # Long enough for a second signal, if one is sent, to be seen.
    time.sleep(0.2)
print(script.get("stderr", ""), file=sys.stderr)
sys.exit(script.get("exit", 0))
"""


@pytest.fixture
def stand_in(tmp_path: Path) -> Engine:
    """Return an engine that is the stand-in."""
    program = tmp_path / "stand-in-terraform.py"
    program.write_text(STAND_IN)
    return Engine((sys.executable, str(program)), "stand-in", "1.11.4")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return an empty working folder."""
    path = tmp_path / "root"
    path.mkdir()
    return path


def write_script(folder: Path, **script) -> None:
    """Say what the stand-in does in `folder`."""
    (folder / "script.json").write_text(json.dumps(script))

"""What a command loads: its start is most of what a short command takes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

EXAMPLE = Path(__file__).parents[3] / "examples" / "shoot.yaml"
PROGRAM = """
import json, sys
from provisioner.cli import main
main(["validate", sys.argv[1]])
rooms = {name.split(".")[1] for name in sys.modules if name.startswith("provisioner.")}
print(json.dumps(sorted(rooms)))
"""


def test_validate_loads_no_room_but_those_that_read_and_check():
    output = subprocess.run([sys.executable, "-c", PROGRAM, str(EXAMPLE)], check=True, capture_output=True, text=True)
    rooms = json.loads(output.stdout.splitlines()[-1])
    assert rooms == ["api", "cli", "errors", "manifests", "validation"]

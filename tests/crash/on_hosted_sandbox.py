"""
`provision` with a sandbox that another process serves: `on_hosted_sandbox.py <file> <arguments>`.

The other process is `sandbox_host.py`, which writes the file.
"""

import json
import sys
from pathlib import Path
from types import SimpleNamespace

from provisioner.cli import entry_point
from provisioner.sandbox.sandbox import Sandbox

if __name__ == "__main__":
    given = json.loads(Path(sys.argv.pop(1)).read_text())
    openapi = SimpleNamespace(url=given["openapi"], ca_path=Path(given["ca_path"]))
    oss = SimpleNamespace(url=given["oss"])
    Sandbox.serve = lambda self: (openapi, oss)
    Sandbox.serve_provider = lambda self, caller: given["provider"]
    entry_point()

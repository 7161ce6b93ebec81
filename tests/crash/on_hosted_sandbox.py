"""
`provision` with a sandbox that another process serves: `on_hosted_sandbox.py <file> <arguments>`.

That process is `sandbox_host.py`, which writes the file.
"""

import json
import sys
from pathlib import Path
from types import SimpleNamespace

from provisioner.cli import clouds, entry_point

if __name__ == "__main__":
    given = json.loads(Path(sys.argv.pop(1)).read_text())
    openapi = SimpleNamespace(url=given["openapi"], ca_path=Path(given["ca_path"]))
    clouds.SandboxClouds._serve = lambda self, cloud: (openapi, SimpleNamespace(url=given["oss"]))
    clouds.serve_sandbox_provider = lambda cloud, caller, stack: given["provider"]
    entry_point()

"""
A sandbox in a process of its own, which outlives the run that uses it.

    sandbox_host.py FOLDER FILE ACCESS_KEY_ID SECRET

The host writes its addresses into the file for `on_hosted_sandbox.py`, and ends when its standard input ends.
"""

import json
import os
import sys
from pathlib import Path

from provisioner.sandbox.sandbox import Sandbox


def main() -> None:
    folder, file, access_key_id, secret = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], sys.argv[4]
    with Sandbox.open(folder, environment=os.environ) as sandbox:
        caller = sandbox.cloud.enroll(access_key_id, secret)
        openapi, oss = sandbox.serve()
        settings = {
            "openapi": openapi.url,
            "ca_path": str(openapi.ca_path),
            "oss": oss.url,
            "provider": sandbox.serve_provider(caller),
        }
        partial = file.with_suffix(".partial")
        partial.write_text(json.dumps(settings))
        partial.replace(file)
        sys.stdin.read()


if __name__ == "__main__":
    main()

"""
A sandbox in a process of its own, which outlives the run that uses it: `host.py <folder> <file>`.

It writes into the file how `on_hosted_sandbox.py` gets to it, and ends when its standard input does.
"""

import json
import os
import sys
from contextlib import ExitStack
from pathlib import Path

from provisioner.cli.clouds import serve_sandbox, serve_sandbox_provider
from provisioner.sandbox.sandbox import open_cloud


def main() -> None:
    folder, file, access_key_id, secret = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], sys.argv[4]
    with ExitStack() as stack:
        cloud = open_cloud(folder, environment=os.environ)
        stack.callback(cloud.close)
        caller = cloud.enroll(access_key_id, secret)
        openapi, oss = serve_sandbox(cloud, folder, stack)
        settings = {
            "openapi": openapi.url,
            "ca_path": str(openapi.ca_path),
            "oss": oss.url,
            "provider": serve_sandbox_provider(cloud, caller, stack),
        }
        partial = file.with_suffix(".partial")
        partial.write_text(json.dumps(settings))
        partial.replace(file)
        sys.stdin.read()


if __name__ == "__main__":
    main()

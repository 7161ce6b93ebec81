"""
One command of `provision`, and a file that gets a line of JSON for every request that it makes.

    python watched.py FILE ARGUMENT...

Two kinds of lines: `client` is what the program itself asks of the cloud or of the object store, `cloud` is every
action that the sandbox runs, those that terraform's provider asks for included. It runs the `provisioner` that the
interpreter finds, so that two versions can be watched by one program.
"""

from __future__ import annotations

import json
import sys
import threading
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

_RECORD = Path(sys.argv.pop(1))
_SIGNING = frozenset(
    {
        "AccessKeyId",
        "OSSAccessKeyId",
        "Signature",
        "SignatureMethod",
        "SignatureNonce",
        "SignatureType",
        "SignatureVersion",
        "Timestamp",
        "SecurityToken",
    }
)
_HEADERS = ("x-acs-action", "x-oss-forbid-overwrite", "x-oss-acl", "x-oss-server-side-encryption")
_lock = threading.Lock()


def _note(**line: Any) -> None:
    with _lock, _RECORD.open("a") as record:
        record.write(json.dumps(line, sort_keys=True) + "\n")


def _watch_client() -> None:
    """See every HTTP request, of `oss2` and of the OpenAPI client alike."""
    from requests.adapters import HTTPAdapter

    send = HTTPAdapter.send

    def watched(self: HTTPAdapter, request: Any, **options: Any) -> Any:
        parts = urlsplit(request.url)
        query = [pair for pair in parse_qsl(parts.query, keep_blank_values=True) if pair[0] not in _SIGNING]
        headers = {name: request.headers[name] for name in _HEADERS if name in request.headers}
        _note(kind="client", method=request.method, path=parts.path, query=sorted(query), headers=headers)
        return send(self, request, **options)

    HTTPAdapter.send = watched  # type: ignore[method-assign]  # this is the only place that all of them pass


def _watch_cloud() -> None:
    """See every action of the sandbox."""
    from provisioner.sandbox.cloud import Cloud

    call = Cloud.call

    def watched(self: Cloud, caller: Any, version: str, action: str, params: Any, **options: Any) -> Any:
        _note(kind="cloud", version=version, action=action, parameters=sorted(params.items()))
        return call(self, caller, version, action, params, **options)

    Cloud.call = watched  # type: ignore[method-assign]  # as above


def main() -> None:
    """Run the command line of this process."""
    _watch_client()
    _watch_cloud()
    from provisioner.cli import entry_point

    entry_point()


if __name__ == "__main__":
    main()

"""
`provision` with an object store that fails: `python -m tests.crash.faulty_oss FAULT.json ARGUMENT...`.

The file names the request (its number `at`, from 1, or the first whose key contains `key`), the fault (`kind`, one of
KINDS), and whether the fault `lasts` from there on. The program keeps the `count` of requests in the same file. It
shortens timeouts and retries unless the file says `is_patient`, because these tests are about what happens after them.
"""

from __future__ import annotations

import json
import sqlite3
import sys
import threading
from pathlib import Path
from typing import Any

from provisioner.cli import entry_point
from provisioner.objectstore import oss_attempts, oss_client
from provisioner.sandbox import oss
from provisioner.sandbox.oss import Fault
from provisioner.sandbox.oss.messages import Request
from provisioner.state import watch

READ_TIMEOUT_SECONDS = 1.0
KINDS = {
    "error-500": ("before", Fault("refuse", 500, "InternalError")),
    "error-503": ("before", Fault("refuse", 503, "ServiceUnavailable")),
    "throttled": ("before", Fault("refuse", 503, "QpsLimitExceeded")),
    "forbidden": ("before", Fault("refuse", 403, "AccessDenied")),
    "bucket-gone": ("before", Fault("refuse", 404, "NoSuchBucket")),
    "reset": ("before", Fault("reset")),
    # OSS answers 409 when the client repeats such a put.
    "answer-lost": ("after", Fault("reset")),
    "answer-500": ("after", Fault("refuse", 500, "InternalError")),
    "truncated": ("after", Fault("truncate")),
    # Something other than OSS answers with success; in the second case OSS has received the request, too.
    "portal": ("before", Fault("intrude")),
    "answer-replaced": ("after", Fault("intrude")),
    # The request takes effect after the client has given up waiting.
    "timeout": ("before", Fault("delay", delay_seconds=READ_TIMEOUT_SECONDS * 1.3)),
    "silent": ("before", Fault("delay", delay_seconds=60)),
    "slow": ("before", Fault("delay", delay_seconds=READ_TIMEOUT_SECONDS * 0.4)),
    # Another user enables versioning, and from then on a put replaces the object even if its headers forbid that.
    "versioned": ("before", None),
}
"""Each kind of fault: whether it comes before or after the request takes effect, and what the sandbox does."""


def set_versioning(folder: Path, status: str | None) -> bool:
    """Configure versioning in a sandbox, or undo that, which OSS cannot do; return whether anything changed."""
    change = "UPDATE buckets SET versioning = ? WHERE versioning IS NOT ?"
    with sqlite3.connect(folder / "oss.db", timeout=60) as database:
        return database.execute(change, (status, status)).rowcount > 0


class Interceptor:
    """Counts requests and makes those fail that the file names."""

    def __init__(self, order: Path) -> None:
        self.sandbox = Path()
        self._path = order
        self.order: dict[str, Any] = json.loads(order.read_text())
        self._lock = threading.Lock()
        self._count = 0
        self._spoilt: list[Request] = []

    def __call__(self, phase: str, request: Request) -> Fault | None:
        order = self.order
        when, fault = KINDS.get(order.get("kind", ""), ("before", None))
        with self._lock:
            if phase == "before":
                self._count += 1
                self._path.write_text(json.dumps({**order, "count": self._count}))
                if "at" not in order and order.get("key", "\0") in request.key:
                    order["at"] = self._count
                at = order.get("at", sys.maxsize)
                if self._count == at or (order.get("lasts") and self._count > at):
                    self._spoilt.append(request)
                    if order["kind"] == "versioned":
                        set_versioning(self.sandbox, "Enabled")
            is_spoilt = any(request is other for other in self._spoilt)
        return fault if is_spoilt and phase == when else None


def main() -> None:
    """Run the command that the command line names, with the fault in place."""
    interceptor = Interceptor(Path(sys.argv.pop(1)))
    serve = oss.serve_oss

    def serve_failing(folder: Path, *arguments: Any, **options: Any) -> oss.Server:
        interceptor.sandbox = folder
        server = serve(folder, *arguments, **{**options, "intercept": interceptor})
        # Closing the server would wait for the threads that keep silent.
        server.close = lambda: None  # type: ignore[method-assign]
        return server

    oss.serve_oss = serve_failing
    if not interceptor.order.get("is_patient"):
        _lose_patience()
    entry_point()


def _lose_patience() -> None:
    oss_client.READ_TIMEOUT_SECONDS = READ_TIMEOUT_SECONDS  # type: ignore[assignment]
    oss_attempts.MAXIMUM_ATTEMPTS = 3
    oss_attempts.MAXIMUM_WAIT_SECONDS = 0.05
    watch._COMMIT_WAIT_SECONDS = 0.05


if __name__ == "__main__":
    main()

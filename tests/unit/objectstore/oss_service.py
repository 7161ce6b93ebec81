"""A served OSS in which things go wrong."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import oss2

from provisioner.objectstore import OssStore
from provisioner.sandbox.oss import Fault, Server, serve_oss

KEY_ID, SECRET = "test-key-id", "test-key-secret-8f1e"
OURS = {"run": "run-1"}


class Service:
    """A served OSS with one bucket; `faults` go wrong one after the other, `asked` lists the requests."""

    def __init__(self, path: Path) -> None:
        self.faults: list[tuple[str, Fault]] = []
        self.asked: list[str] = []
        self.slept: list[float] = []
        self.time_offset = 0.0
        self.server: Server = serve_oss(
            path, {KEY_ID: SECRET, "other": "s"}.get, lambda key: f"account-{key}", intercept=self.intercept
        )

    def intercept(self, phase: str, request: object) -> Fault | None:
        if phase == "before":
            self.asked.append(f"{request.method} {request.key or '?'.join(request.query)}")  # type: ignore[attr-defined]
        if self.faults and self.faults[0][0] == phase:
            return self.faults.pop(0)[1]
        return None

    def store(
        self, bucket: str = "bucket", secret: str = SECRET, wall_clock: Callable[[], float] | None = None
    ) -> OssStore:
        more = {} if wall_clock is None else {"wall_clock": wall_clock}
        return OssStore(self.server.url, "eu-central-1", bucket, KEY_ID, secret, sleep=self.slept.append, **more)

    def sdk(self, bucket: str = "bucket") -> oss2.Bucket:
        return oss2.Bucket(oss2.Auth(KEY_ID, SECRET), self.server.url, bucket)

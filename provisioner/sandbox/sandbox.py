"""
The front door of the sandbox: code outside imports this module and nothing else of the sandbox.

`Sandbox.open(folder)` is all of it: the cloud, and on demand the doors at which other programs call.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from provisioner.sandbox.actions.table import TABLE
from provisioner.sandbox.client_settings.sections import render_sections
from provisioner.sandbox.client_settings.settings import REGION, ClientSettings
from provisioner.sandbox.cloud import ActionError, Caller, Cloud, Fault, Latency, OutdatedError
from provisioner.sandbox.cloud.call import QUOTAS
from provisioner.sandbox.cloud.faults import StoredFault
from provisioner.sandbox.cloud.state_delay import read_settle_ms
from provisioner.sandbox.cloud.stop import Stop

if TYPE_CHECKING:
    from provisioner.sandbox.http.server import Server

__all__ = [
    "PRODUCTS",
    "QUOTAS",
    "REGION",
    "ActionError",
    "Caller",
    "ClientSettings",
    "Cloud",
    "Fault",
    "OutdatedError",
    "Sandbox",
    "StoredFault",
    "open_cloud",
    "render_sections",
]

PRODUCTS = ("bssopenapi", "ecs", "ess", "location", "ram", "slb", "sts", "vpc")
"""Every product that the OpenAPI's door answers for, by its key in the provider's `endpoints`."""
_SEED = "sandbox"
_SOCKET_FOLDER_BYTES = 50


def open_cloud(
    directory: Path,
    *,
    latency: Latency | None = None,
    settle_ms: float | None = None,
    seed: str = _SEED,
    clock: Callable[[], float] = time.time,
    environment: Mapping[str, str] | None = None,
    discards_older: bool = False,
) -> Cloud:
    """
    Return the simulated cloud that is kept in `directory`, creating it when missing.

    `latency` and `settle_ms` (how long a resource stays in its transitional state) default to what `environment` says
    (`PROVISION_SANDBOX_LATENCY`, `PROVISION_SANDBOX_SETTLE_MS`), else to none and 5 ms. `seed` decides the ids of a new
    cloud; an existing one keeps its own.

    Raises:
        ValueError: the environment holds something that is not a number of milliseconds.
        OutdatedError: an earlier version keeps resources there; with `discards_older` they go instead.
    """
    environment = environment or {}
    return Cloud(
        directory,
        TABLE,
        latency=latency or Latency.from_environment(environment),
        settle_ms=read_settle_ms(environment) if settle_ms is None else settle_ms,
        seed=seed,
        clock=clock,
        stop=Stop.from_environment(environment),
        discards_older=discards_older,
    )


class Sandbox:
    """A simulated cloud in a folder with its doors, all closed at first; `close` ends everything that was started."""

    def __init__(self, folder: Path, cloud: Cloud) -> None:
        """Use `Sandbox.open`."""
        self.folder = folder
        self.cloud = cloud
        """Its content; accounts are enrolled here."""
        self._servers: tuple[Server, Server] | None = None
        self._stack = ExitStack()
        self._stack.callback(cloud.close)

    @classmethod
    def open(
        cls, folder: Path, *, environment: Mapping[str, str] | None = None, discards_older: bool = False
    ) -> Sandbox:
        """
        Return the sandbox that is kept in `folder`, creating it when missing; `environment` as in `open_cloud`.

        Raises:
            ValueError: the environment holds something that is not a number of milliseconds.
            OutdatedError: an earlier version keeps resources there; with `discards_older` they go instead.
            OSError: the folder cannot be used; also `sqlite3.Error`.
        """
        return cls(folder, open_cloud(folder, environment=environment, discards_older=discards_older))

    def serve(self, port: int = 0, oss_port: int = 0) -> tuple[Server, Server]:
        """
        Return the servers of the OpenAPI and of OSS on loopback, begun when they are first asked for.

        Raises:
            OSError: a port is taken; or OverflowError: it is none.
        """
        if self._servers is None:
            # Here and below: a command that opens no door does not pay for importing it.
            from provisioner.sandbox import oss, wire

            openapi = wire.serve_cloud(self.cloud, port=port)
            self._stack.callback(openapi.close)
            storage = oss.serve_oss(
                self.folder,
                secret_of=self.cloud.secret_of,
                account_of=lambda access_key_id: self.cloud.caller(access_key_id).account_id,
                session_of=self.cloud.session_and_secret,
                latency_ms=self.cloud.latency.oss_ms,
                port=oss_port,
                intercept=None if self.cloud.stop is None else self.cloud.stop.intercept_oss,
            )
            self._stack.callback(storage.close)
            self._servers = openapi, storage
        return self._servers

    def serve_provider(self, caller: Caller) -> dict[str, str]:
        """Serve the embedded provider on behalf of a caller, and return what terraform needs in its environment."""
        from provisioner.sandbox.provider import serve_provider

        sockets = Path(self._stack.enter_context(_short_temporary_folder()))
        provider = serve_provider(self.cloud, caller, sockets)
        self._stack.callback(provider.close)
        return dict(provider.environment)

    def client_settings(
        self,
        access_key_id: str,
        access_key_secret: str,
        *,
        bucket: str,
        reattach: Mapping[str, str],
        no_proxy: str,
    ) -> ClientSettings:
        """Return the settings for other programs; `ClientSettings` describes each value."""

        openapi, storage = self.serve()
        return ClientSettings(
            id=self.cloud.id,
            folder=self.folder,
            openapi_url=openapi.url,
            oss_url=storage.url,
            ca_path=openapi.ca_path,
            products=PRODUCTS,
            access_key_id=access_key_id,
            access_key_secret=access_key_secret,
            bucket=bucket,
            reattach=reattach,
            no_proxy=no_proxy,
        )

    def reset(self) -> None:
        """Empty the cloud and its object storage; it is another cloud then."""
        from provisioner.sandbox.oss import clear_oss

        self.cloud.reset()
        clear_oss(self.folder)

    def close(self) -> None:
        """Stop every server and let go of the cloud, which stays as it is. May be called twice."""
        self._stack.close()

    def __enter__(self) -> Self:
        """Return the sandbox itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Close."""
        self.close()


def _short_temporary_folder() -> tempfile.TemporaryDirectory[str]:
    """Return a new private folder whose path leaves room for a unix socket's name (108 bytes in all on Linux)."""
    usual = tempfile.gettempdir()
    folder = usual if len(os.fsencode(usual)) <= _SOCKET_FOLDER_BYTES else "/tmp"  # noqa: S108 - mkdtemp is private
    return tempfile.TemporaryDirectory(prefix="provision-", dir=folder)

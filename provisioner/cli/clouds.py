"""Which cloud a command talks to: the real one with explicit credentials, or the sandbox. The only place that knows."""

from __future__ import annotations

import argparse
import os
import sqlite3
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self

from provisioner.cli.process import Process
from provisioner.cloud import CloudAccess, Credentials, real_access
from provisioner.cloud.access import credentials_environment
from provisioner.errors import CloudError, ManifestError, ProvisionError
from provisioner.folders import find_own_folder, own_folder
from provisioner.ids import RegionId
from provisioner.settings import Settings

if TYPE_CHECKING:
    from provisioner.sandbox.sandbox import Caller, Sandbox

_SANDBOX = "cloud.db"
"""What every sandbox's folder has in it."""


class Clouds(Protocol):
    """Connects to a cloud, and ends what it started."""

    def connect(
        self, credentials: Credentials, bucket_credentials: Credentials, bucket_region: RegionId
    ) -> CloudAccess:
        """Return the access with these credentials; the others and the region are the bucket's."""

    def __enter__(self) -> Self:
        """Return the clouds."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """End what was started."""


def open_clouds(arguments: argparse.Namespace, settings: Settings, environ: Mapping[str, str]) -> Clouds:
    """Return the cloud that the command line names."""
    provider = getattr(arguments, "provider", None)
    if arguments.sandbox:
        return SandboxClouds(sandbox_dir(arguments, settings), environ, uses_real_provider=provider == "real")
    if provider == "embedded":
        raise ManifestError.single(
            "command line", "--provider", "Forbidden", "the embedded provider knows the sandbox alone", "add --sandbox"
        )
    return RealClouds()


def may_hold_state(arguments: argparse.Namespace, settings: Settings) -> bool:
    """Return whether there can be a state to ask: a sandbox that was never used holds none, and is not made for it."""
    if not arguments.sandbox or settings.state_dir is not None:
        return True
    return find_own_folder(_given_sandbox_dir(arguments, settings), _SANDBOX).exists()


def sandbox_of(arguments: argparse.Namespace, process: Process) -> Path:
    """Return the folder of the sandbox that a command of `provision sandbox` is about."""
    return sandbox_dir(arguments, Settings.from_environment(process.environ))


def sandbox_dir(arguments: argparse.Namespace, settings: Settings) -> Path:
    """
    Return the folder of the sandbox, made when it is missing: the one that is named, or ours inside it.

    Raises:
        ProvisionError: it cannot be used.
    """
    given = _given_sandbox_dir(arguments, settings)
    try:
        return own_folder(given, _SANDBOX)
    except OSError as error:
        raise _unusable(given, error.strerror) from error


def _given_sandbox_dir(arguments: argparse.Namespace, settings: Settings) -> Path:
    folder = Path(arguments.sandbox_dir) if arguments.sandbox_dir else settings.sandbox_root()
    return folder.absolute()  # other programs, which run in other folders, are told of it


def open_sandbox(folder: Path, environ: Mapping[str, str], *, discards_older: bool = False) -> Sandbox:
    """
    Return the sandbox, made when it is missing; what an earlier version made is refused, or discarded.

    Raises:
        ProvisionError: the sandbox is not installed, or its folder cannot be used.
    """
    try:
        from provisioner.sandbox.sandbox import OutdatedError, Sandbox
    except ImportError as error:
        raise _not_installed(error) from error
    try:
        return Sandbox.open(folder, environment=environ, discards_older=discards_older)
    except OutdatedError as error:
        raise ProvisionError(
            f"the sandbox cannot use {folder}: {error}", fix="`provision sandbox reset`, or name another --sandbox-dir"
        ) from error
    except ValueError as error:
        raise ManifestError.single("environment", "", "Invalid", str(error)) from error
    except (OSError, sqlite3.Error) as error:
        raise _unusable(folder, error.strerror if isinstance(error, OSError) else str(error)) from error


def _unusable(folder: Path, reason: str | None) -> ProvisionError:
    return ProvisionError(
        f"the sandbox cannot use {folder}: {reason}", fix="free space there, or name another --sandbox-dir"
    )


class RealClouds:
    """The real Alibaba Cloud; nothing is started."""

    def connect(
        self, credentials: Credentials, bucket_credentials: Credentials, bucket_region: RegionId
    ) -> CloudAccess:
        """Return the access with these credentials."""
        return real_access(credentials, bucket_credentials, bucket_region)

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Nothing to end."""


class SandboxClouds:
    """The sandbox, served from this process for as long as the command runs."""

    def __init__(self, folder: Path, environ: Mapping[str, str], *, uses_real_provider: bool = False) -> None:
        self._folder = folder
        self._environ = environ
        self._uses_real_provider = uses_real_provider
        self._sandbox: Sandbox | None = None

    def connect(
        self, credentials: Credentials, bucket_credentials: Credentials, bucket_region: RegionId
    ) -> CloudAccess:
        """
        Return the access to the sandbox; the first secret that is seen for an access key becomes that key's secret.

        A key that the sandbox gave to a user or a role is good with its own secret and token alone.

        Raises:
            CloudError: secret or token are not those that the sandbox knows.
        """
        sandbox = self._open()
        from provisioner.sandbox.sandbox import PRODUCTS, ActionError

        try:
            caller = _enroll(sandbox, credentials)
            _enroll(sandbox, bucket_credentials)
        except ActionError as error:
            raise cloud_error(error) from error
        openapi, oss = sandbox.serve()
        host = openapi.url.partition("://")[2].rstrip("/")
        endpoints = dict.fromkeys(PRODUCTS, host)
        if self._uses_real_provider:
            environment = self._real_provider_environment(credentials, openapi.ca_path)
        else:
            # Not the user's configuration: a mirror or an override must not replace the sandbox's provider.
            environment = {
                **sandbox.serve_provider(caller),
                "TF_CLI_CONFIG_FILE": os.devnull,
            }
        return CloudAccess(
            kind=sandbox.cloud.id,
            credentials=credentials,
            oss_endpoint=oss.url,
            oss_credentials=bucket_credentials,
            openapi_scheme="http",
            openapi_endpoints={**endpoints, "quotas": host, "resourcemanager": host},
            terraform_environment=environment,
            provider_executable=self._provider_executable if self._uses_real_provider else None,
            provider_endpoints=endpoints if self._uses_real_provider else {},
            provider_protocol="HTTP" if self._uses_real_provider else "HTTPS",
            account_type="Domestic",
            skip_region_validation=True,
        )

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Stop every server and close the cloud."""
        if self._sandbox is not None:
            self._sandbox.close()

    def _open(self) -> Sandbox:
        if self._sandbox is None:
            self._sandbox = open_sandbox(self._folder, self._environ)
        return self._sandbox

    @property
    def _provider_executable(self) -> Path | None:
        """
        The provider that the operator names, or None.

        Raises:
            ProvisionError: there is no such executable.
        """
        named = self._environ.get("PROVISION_REAL_PROVIDER")
        if not named:
            return None
        if not os.access(named, os.X_OK) or not Path(named).is_file():
            raise ProvisionError(f"PROVISION_REAL_PROVIDER names no executable: {named}")
        return Path(named).absolute()

    def _real_provider_environment(self, credentials: Credentials, ca_path: Path) -> dict[str, str]:
        """Return what the unmodified provider needs to work on the sandbox: the one named, or what terraform finds."""
        environment = {
            **credentials_environment(credentials),
            # Some of its calls insist on TLS.
            "SSL_CERT_FILE": str(ca_path),
            # Nothing of this machine's proxies is meant for loopback.
            "NO_PROXY": "127.0.0.1",
        }
        if self._provider_executable is not None:
            environment["TF_CLI_CONFIG_FILE"] = os.devnull
        return environment


def cloud_error(error: Exception) -> CloudError:
    """Return a refusal of the sandbox as an error of ours."""
    from provisioner.gardener_codes import gardener_codes

    code = getattr(error, "code", "")
    request_id = getattr(error, "request_id", "")
    suffix = f" (request id {request_id})" if request_id else ""
    message = getattr(error, "message", str(error))
    return CloudError(
        f"{code}: {message}{suffix}",
        cloud_code=code,
        request_id=request_id,
        codes=gardener_codes(f"{code} {message}"),
    )


def _enroll(sandbox: Sandbox, credentials: Credentials) -> Caller:
    return sandbox.cloud.enroll(credentials.access_key_id, credentials.access_key_secret, credentials.security_token)


def _not_installed(error: ImportError) -> ProvisionError:
    return ProvisionError(
        f"the sandbox is not installed ({error.name} is missing)",
        fix="install it with: pip install 'provisioner[sandbox]'",
    )

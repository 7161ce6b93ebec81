"""
Chooses the provider package that terraform runs: one with known checksums, verified once and not at every command.

Terraform hashes the package, 440 MB of it, at every init, plan and apply that has checksums in the lock file. Here it
does so once per machine and engine. An accepted package is remembered by its place and its file system metadata; as
long as these stay, runs get a lock file with the version alone, and the package linked to where init would have put
it.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from provisioner.errors import Problem, TerraformError
from provisioner.folders import own_folder
from provisioner.runner.engine import Engine
from provisioner.runner.package import (
    configured,
    digest,
    directory_checksum,
    file_signs,
    lock_entry,
    package_files,
    read_lock_entry,
    registry_of,
    this_platform,
)

LOCK_FILE = ".terraform.lock.hcl"
REATTACHED = "TF_REATTACH_PROVIDERS"
"""Names providers that already run; terraform needs neither package nor checksum for those."""
PROVIDER = "aliyun/alicloud"

_UNKNOWN_VERSION = "1.999.0"
"""For an executable whose name does not tell; it only has to satisfy the modules' constraint."""
_WAIT_SECONDS = 0.1
_PRIVATE = 0o700


@dataclass(frozen=True, slots=True)
class Pin:
    """The version that runs unless a mirror has another one, and its checksums by platform (`linux_amd64`)."""

    version: str
    checksums: Mapping[str, Sequence[str]]
    """As a lock file writes them: `zh:` of an archive, `h1:` of what is in it."""


class Installs(Protocol):
    """The terraform commands that it needs, in a working copy."""

    folder: Path

    @property
    def engine(self) -> Engine:
        """The engine that runs."""

    def install(self, lockfile: str | None, plugin_cache: Path | None = None) -> None:
        """
        Install modules and providers; with `readonly`, only what the lock file has.

        A `plugin_cache` takes the place of the operator's.

        Raises:
            TerraformError: it failed.
            InterruptedRunError: a signal ended it, or came before it.
        """

    def get_modules(self) -> None:
        """Install the modules alone; raises as `install`."""

    def wait(self, seconds: float) -> None:
        """Wait, unless a signal ends it; raises InterruptedRunError."""


@dataclass(frozen=True, slots=True)
class Providers:
    """
    Gives working copies a trusted provider.

    That is one with the pinned checksums; else one that a mirror has in another version, or in a form for which the pin
    has no checksum: it is trusted on first use on a machine, which is announced, and must not change afterwards.
    An `executable` that the operator names is used unverified, and announced.
    """

    pin: Pin
    cache_dir: Path
    environ: Mapping[str, str]
    """Terraform's environment: what is configured there decides where packages come from."""
    announce: Callable[[Problem], None]
    executable: Path | None = None

    def install(self, terraform: Installs) -> None:
        """
        Install modules and the provider in terraform's working copy.

        Raises:
            TerraformError: there is no provider, or no trusted one.
            InterruptedRunError: a signal ended it, or came before it.
        """
        if REATTACHED in self.environ:
            terraform.install(None)
            return
        cache = self._cache()
        one = _Installation(self, terraform, cache)
        if not one.link_accepted():
            with self._alone(terraform, cache):
                if not one.link_accepted():  # by another run, meanwhile
                    one.accept_executable(self.executable) if self.executable else one.accept_package()
        terraform.get_modules()

    def _cache(self) -> Path | None:
        """Return our private folder of accepted packages; None where there can be none."""
        try:
            return own_folder(self.cache_dir).resolve()
        except OSError:
            return None

    @contextmanager
    def _alone(self, terraform: Installs, cache: Path | None) -> Iterator[None]:
        """Let one run of this machine at a time look for a package: it downloads, hashes and announces it."""
        if cache is None:
            yield  # every run looks for itself
            return
        descriptor = os.open(cache / "provider.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            while True:
                try:
                    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    terraform.wait(_WAIT_SECONDS)
            yield
        finally:
            os.close(descriptor)


class _Installation:
    """One working copy that gets its provider."""

    def __init__(self, providers: Providers, terraform: Installs, cache: Path | None) -> None:
        self._providers = providers
        # Without a cache it lasts as long as the working copy.
        self._cache = cache or terraform.folder / ".terraform"
        self._terraform = terraform
        self._host = registry_of(terraform.engine)
        self._platform = this_platform()
        self._address = f"{self._host}/{PROVIDER}"
        self._reason = ""
        """Why the last version that was looked for is not available."""
        places = configured(providers.environ)
        engine, pin = terraform.engine, providers.pin
        pinned = [pin.version, *pin.checksums.get(self._platform, ())]
        used = [*engine.command, engine.version, str(providers.executable or "")]
        self._accepted = self._cache / f"provider-{digest(self._address, places, pinned, used)}.json"
        self._first_used = self._cache / f"provider-{digest(self._address, places)}{LOCK_FILE}"
        """The lock entry of the package that was trusted on first use."""

    def link_accepted(self) -> bool:
        """Link the accepted package, and return whether there is one that has not changed."""
        try:
            record = json.loads(self._accepted.read_bytes())
            version, package = str(record["version"]), Path(record["package"])
            if record["files"] != file_signs(package):
                return False
        except (OSError, ValueError, KeyError, TypeError):
            return False
        self._link(version, package)
        return True

    def accept_executable(self, executable: Path) -> None:
        """Take the executable that the operator names."""
        found = re.search(r"_v(\d+\.\d+\.\d+)", executable.name)
        version = found[1] if found else _UNKNOWN_VERSION
        name = f"terraform-provider-alicloud_v{version}"
        package = self._own_folder(version)
        (package / name).symlink_to(executable.resolve())
        signs = file_signs(package)
        checksum = directory_checksum(package_files(package))
        self._announce(version, f"using {executable} unverified, because the operator named it ({checksum})", "")
        self._remember(version, package, signs)
        self._link(version, package)

    def accept_package(self) -> None:
        """
        Have terraform find a package, and accept it.

        Raises:
            TerraformError: there is none, or none that may be trusted.
        """
        pin = self._providers.pin
        checksums = pin.checksums.get(self._platform, ())
        what, fix = "has none of the checksums of its release", "compare it with the release's"
        is_taken = bool(checksums) and self._take(pin.version, checksums, what, fix)
        if is_taken and not self._is_unknowable(self._package(pin.version), checksums):
            self._accept(pin.version, checksums)
            return
        if self._first_used.exists():
            self._accept_as_first_used()
            return
        if not self._find(pin.version):
            self._install_without_lock()
        self._trust_on_first_use()

    def _accept_as_first_used(self) -> None:
        version, checksums = read_lock_entry(self._first_used.read_text())
        what = "is not the one that this machine used first"
        if self._take(version, checksums, what, f"find out why, then remove {self._first_used} to trust it"):
            self._accept(version, checksums)
            return
        raise TerraformError(
            f"{PROVIDER} {version}, which this machine used first, is not available: {self._reason}",
            fix=f"provide it, or remove {self._first_used} to trust the package that is there now",
        )

    def _take(self, version: str, checksums: Sequence[str], what: str, fix: str) -> bool:
        """
        Return whether terraform installs the version with one of the checksums; False if there is no such version.

        Raises:
            TerraformError: the available package of that version has other checksums.
        """
        for _ in range(2):  # the first time may have failed for another reason, such as a connection
            if self._is_installed(version, checksums):
                return True
            if not self._find(version):
                return False
        raise self._tampered(version, what, fix)

    def _tampered(self, version: str, what: str, fix: str) -> TerraformError:
        return TerraformError(
            f"the package {self._address} {version} that terraform found {what}: it may have been tampered with",
            type="ChecksumMismatch",
            fix=f"{fix}; terraform did not run it",
        )

    def _trust_on_first_use(self) -> None:
        """Remember the package that terraform installed, and tell the operator."""
        text = (self._terraform.folder / LOCK_FILE).read_text()
        version, checksums = read_lock_entry(text)
        package = self._package(version).resolve()
        place = "where terraform is configured to look" if self._is_inside(package) else package
        shown = ", ".join(checksum for checksum in checksums if checksum.startswith("h1:"))
        self._announce(
            version,
            f"this machine uses {self._address} from {place} for the first time, and this release has no checksum of "
            f"it: it is trusted as it is ({shown})",
            f"from now on this machine accepts only this package, as {self._first_used} records",
        )
        with suppress(OSError):  # without a cache, every run uses it for the first time
            partial = self._first_used.with_suffix(f".{os.getpid()}")
            partial.write_text(lock_entry(self._address, version, checksums))
            partial.chmod(0o400)
            partial.replace(self._first_used)
        self._accept(version, checksums)

    def _is_installed(self, version: str, checksums: Sequence[str]) -> bool:
        """Return whether terraform installs the version with one of these checksums, or without any."""
        self._forget()
        self._write_entry(version, checksums)
        try:
            self._terraform.install("readonly", self._plugin_cache())
        except TerraformError:
            return False
        return True

    def _find(self, version: str) -> bool:
        """Have terraform install a version unchecked, and return whether it is available at all."""
        self._forget()
        self._write_entry(version, ())
        try:
            self._terraform.install(None, self._plugin_cache())
        except TerraformError as error:
            self._reason = error.problem.detail
            return False
        return True

    def _plugin_cache(self) -> Path:
        """Return an empty folder: terraform unpacks into the working copy, and no other cache vouches for the files."""
        folder = self._terraform.folder / ".terraform" / "unpacked"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(mode=_PRIVATE, parents=True)
        return folder.relative_to(self._terraform.folder)  # as terraform reads it, which starts there

    def _is_unknowable(self, package: Path, checksums: Sequence[str]) -> bool:
        """Return whether no checksum can fit the package: all are of archives, and it came without one."""
        # Terraform links to a folder of a mirror, and with an archive's checksum alone it takes that unchecked.
        return not self._is_inside(package.resolve()) and not any(checksum.startswith("h1:") for checksum in checksums)

    def _is_inside(self, package: Path) -> bool:
        """Return whether the package lies in the working copy."""
        return package.is_relative_to(self._terraform.folder.resolve())

    def _install_without_lock(self) -> None:
        self._forget()
        (self._terraform.folder / LOCK_FILE).unlink(missing_ok=True)
        self._terraform.install(None, self._plugin_cache())

    def _forget(self) -> None:
        shutil.rmtree(self._terraform.folder / ".terraform" / "providers", ignore_errors=True)

    def _accept(self, version: str, checksums: Sequence[str]) -> None:
        """Remember the package that is installed in the working copy, and move it out of there."""
        package = self._package(version).resolve()
        if self._is_inside(package):
            with suppress(OSError):
                own = self._own_folder(version)
                own.rmdir()
                shutil.move(package, own)
                package = own
            signs = file_signs(package)
        else:  # in a mirror, where it may have changed since terraform looked
            signs = file_signs(package)
            if directory_checksum(package_files(package)) not in checksums or file_signs(package) != signs:
                raise self._tampered(version, "changed during verification", "compare it with the release's")
        if not self._is_inside(package):
            self._remember(version, package, signs)
        self._link(version, package)

    def _own_folder(self, version: str) -> Path:
        """Return a new folder for a package."""
        prefix = f"{self._host}-{version}-{self._platform}."
        self._cache.mkdir(mode=_PRIVATE, exist_ok=True)
        return Path(tempfile.mkdtemp(prefix=prefix, dir=self._cache)).resolve()

    def _link(self, version: str, package: Path) -> None:
        """Put the package where init would put it, and its version into the lock file."""
        target = self._package(version)
        if target.resolve() != package:
            self._forget()
            target.parent.mkdir(mode=_PRIVATE, parents=True, exist_ok=True)
            target.symlink_to(package)
        self._write_entry(version, ())

    def _remember(self, version: str, package: Path, signs: Mapping[str, Sequence[int]]) -> None:
        record = {"version": version, "package": str(package), "files": signs}
        with suppress(OSError):
            partial = self._accepted.with_suffix(f".{os.getpid()}")
            partial.write_text(json.dumps(record))
            partial.replace(self._accepted)

    def _announce(self, version: str, detail: str, fix: str) -> None:
        self._providers.announce(Problem(f"provider {PROVIDER} {version}", "", "Unverified", detail, fix))

    def _write_entry(self, version: str, checksums: Sequence[str]) -> None:
        (self._terraform.folder / LOCK_FILE).write_text(lock_entry(self._address, version, checksums))

    def _package(self, version: str) -> Path:
        return self._terraform.folder / ".terraform" / "providers" / self._address / version / self._platform

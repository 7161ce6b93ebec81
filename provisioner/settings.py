"""
Every setting of the program: its environment variable, unit, default and the reason for the default.

Command-line options win over the environment. Nothing here is read from a file: one run is described by its command
line, its environment and its manifests.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from provisioner.errors import ManifestError


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of one run."""

    terraform: str | None = None
    """`PROVISION_TERRAFORM`: the terraform or tofu executable. Default: found on PATH, else the bundled engine."""

    work_dir: Path | None = None
    """`PROVISION_WORK_DIR`: where working copies live while a run lasts. Default: the user's state directory, because
    `/tmp` may be cleaned during a long run and is shared with other users. If other users can write to this folder or
    one of the next two, `provision` uses `provision-<uid>` inside it instead."""

    sandbox_dir: Path | None = None
    """`PROVISION_SANDBOX_DIR`: where the sandbox keeps its cloud between commands. Default: the user's data
    directory."""

    cache_dir: Path | None = None
    """`PROVISION_CACHE_DIR`: holds the versions of known engines, the provider's package, and which packages were
    accepted. Losing it costs one `terraform version` and one download; a package without a checksum of any release then
    counts as used for the first time again."""

    state_dir: Path | None = None
    """`PROVISION_STATE_DIR`: a folder that holds the states instead of the bucket, for trials on one machine. Default:
    none, because operators look for a shoot's state in the bucket."""

    lease_ttl: timedelta = timedelta(seconds=60)
    """`PROVISION_LEASE_TTL`, seconds: how long a lease lasts without renewal. A minute outlasts any pause of the object
    store that retries do not bridge, and bounds how long a killed run blocks the next one."""

    settling_time: timedelta = timedelta(seconds=60)
    """`PROVISION_SETTLING_TIME`, seconds: how long after a run was cut off its last calls may still become visible in
    the cloud. Only a later look can say that nothing is left. The services answer lists from copies that lag by
    seconds."""

    lock_timeout: timedelta = timedelta(0)
    """`PROVISION_LOCK_TIMEOUT`, seconds: how long a run waits for leases that other runs hold. Default: not at all,
    like terraform: an operator who did not expect another run wants to know at once."""

    state_keep_versions: int = 100
    """`PROVISION_STATE_KEEP_VERSIONS`: how many of the newest versions of a state stay. A busy shoot writes a few a
    day, so the default is about a month of them, and about 10 MB."""

    state_keep_age: timedelta = timedelta(days=30)
    """`PROVISION_STATE_KEEP_DAYS`, days: younger versions stay as well, however many there are. Operators sometimes
    notice a problem weeks later."""

    stop_grace: timedelta = timedelta(seconds=630)
    """`PROVISION_STOP_GRACE`, seconds: how long terraform may take to stop after a signal before it is killed. Gardener
    gives its pods 630 s, and the slowest resource (a NAT gateway) has a timeout of 10 minutes."""

    parallelism: int = 10
    """`PROVISION_PARALLELISM`: terraform's `-parallelism`. Ten is terraform's own default."""

    retry_budget: timedelta = timedelta(seconds=600)
    """`PROVISION_RETRY_BUDGET`, seconds: how long a run goes on without progress against a cloud that throttles it. Ten
    minutes is also the timeout of the provider's own operations."""

    retry_wait: timedelta = timedelta(seconds=1)
    """`PROVISION_RETRY_WAIT`, seconds: about the first wait before terraform runs again; it doubles, up to 8 s."""

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> Settings:
        """
        Return the settings in `environ`.

        Raises:
            ManifestError: a variable has an invalid value.
        """
        return cls(
            terraform=environ.get("PROVISION_TERRAFORM") or None,
            work_dir=_path(environ, "PROVISION_WORK_DIR"),
            sandbox_dir=_path(environ, "PROVISION_SANDBOX_DIR"),
            cache_dir=_path(environ, "PROVISION_CACHE_DIR"),
            state_dir=_path(environ, "PROVISION_STATE_DIR"),
            lease_ttl=_seconds(environ, "PROVISION_LEASE_TTL", _DEFAULTS.lease_ttl),
            settling_time=_seconds(environ, "PROVISION_SETTLING_TIME", _DEFAULTS.settling_time, least=0),
            lock_timeout=_seconds(environ, "PROVISION_LOCK_TIMEOUT", _DEFAULTS.lock_timeout, least=0),
            state_keep_versions=int(
                _number(environ, "PROVISION_STATE_KEEP_VERSIONS", _DEFAULTS.state_keep_versions, least=1)
            ),
            state_keep_age=timedelta(
                days=_number(environ, "PROVISION_STATE_KEEP_DAYS", _DEFAULTS.state_keep_age.days, least=0)
            ),
            stop_grace=_seconds(environ, "PROVISION_STOP_GRACE", _DEFAULTS.stop_grace),
            retry_budget=_seconds(environ, "PROVISION_RETRY_BUDGET", _DEFAULTS.retry_budget),
            retry_wait=_seconds(environ, "PROVISION_RETRY_WAIT", _DEFAULTS.retry_wait),
            parallelism=int(_number(environ, "PROVISION_PARALLELISM", _DEFAULTS.parallelism, least=1)),
        )

    def work_root(self) -> Path:
        """Return the folder that holds the working copies of runs."""
        return self.work_dir or _user_dir("state") / "work"

    def sandbox_root(self) -> Path:
        """Return the folder that holds the sandbox's cloud."""
        return self.sandbox_dir or _user_dir("data") / "sandbox"

    def cache_root(self) -> Path:
        """Return the folder for what can be recomputed."""
        return self.cache_dir or _user_dir("cache")


# Class attributes of a slots dataclass are descriptors, so the defaults are read from an instance.
_DEFAULTS = Settings()
_MOST = 1_000_000


def _user_dir(kind: str) -> Path:
    import platformdirs

    by_kind = {
        "state": platformdirs.user_state_path,
        "data": platformdirs.user_data_path,
        "cache": platformdirs.user_cache_path,
    }
    return by_kind[kind]("provision")


def _path(environ: Mapping[str, str], name: str) -> Path | None:
    value = environ.get(name)
    return Path(value).expanduser() if value else None


def _number(environ: Mapping[str, str], name: str, default: float, least: float = 0.001) -> float:
    value = environ.get(name)
    if not value:
        return default
    try:
        number = float(value)
    except ValueError:
        number = 0
    if not least <= number <= _MOST:  # neither `nan` nor `inf`, which are numbers too
        detail = f"{value!r} is not a number from {least:g} to {_MOST}"
        raise ManifestError.single("environment", name, "Invalid", detail)
    return number


def _seconds(environ: Mapping[str, str], name: str, default: timedelta, least: float = 0.001) -> timedelta:
    return timedelta(seconds=_number(environ, name, default.total_seconds(), least))

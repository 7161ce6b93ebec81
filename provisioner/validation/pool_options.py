"""
Rules for what a worker pool tells the cluster-autoscaler and the machine-controller-manager.

Source: gardener pkg/api/core/validation/shoot.go (ValidateClusterAutoscalerOptions,
ValidateMachineControllerManagerSettingsOptions) and pkg/apis/core/v1beta1/types_shoot.go, read 2026-11.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from provisioner.api.text import show
from provisioner.errors import Problem
from provisioner.gardener.durations import read_duration
from provisioner.validation.findings import Rule, Subject
from provisioner.validation.pools import Pool, PoolsSubject

_AUTOSCALER = "clusterAutoscaler"
_SETTINGS = "machineControllerManager"
_SHARE = re.compile(r"[+-]?(?:[0-9]{1,30}(?:\.[0-9]{0,30})?|\.[0-9]{1,30})(?:[eE][+-]?[0-9]{1,3})?")
"""A number as JSON, YAML and Go write it."""


def check_autoscaler(subject: PoolsSubject) -> Iterator[Problem]:
    """Yield a problem for each autoscaler option that is no share from 0 to 1, or no duration."""
    for pool in subject.pools:
        options = pool.autoscaler
        if options is None:
            continue
        path = f"{pool.path}.{_AUTOSCALER}"
        for name, share in (
            ("scaleDownUtilizationThreshold", options.scale_down_utilization_threshold),
            ("scaleDownGpuUtilizationThreshold", options.scale_down_gpu_utilization_threshold),
        ):
            if share is not None and not _is_share(share):
                detail = f"must be a share of a node's capacity from 0 to 1, but is {show(share)}"
                yield subject.problem(f"{path}.{name}", "Invalid", detail, "write it as 0.5")
        for name, duration in (
            ("scaleDownUnneededTime", options.scale_down_unneeded_time),
            ("scaleDownUnreadyTime", options.scale_down_unready_time),
            ("maxNodeProvisionTime", options.max_node_provision_time),
        ):
            yield from _check_duration(subject, f"{path}.{name}", duration)


def check_machine_settings(subject: PoolsSubject) -> Iterator[Problem]:
    """Yield a problem for each timeout that is no duration, and for each count of machines out of its range."""
    for pool in subject.pools:
        settings = pool.machine_settings
        if settings is None:
            continue
        path = f"{pool.path}.{_SETTINGS}"
        for name, duration in (
            ("machineDrainTimeout", settings.machine_drain_timeout),
            ("machineHealthTimeout", settings.machine_health_timeout),
            ("machineCreationTimeout", settings.machine_creation_timeout),
            ("inPlaceUpdateTimeout", settings.in_place_update_timeout),
            ("machinePreserveTimeout", settings.machine_preserve_timeout),
        ):
            yield from _check_duration(subject, f"{path}.{name}", duration)
        if settings.max_evict_retries is not None and settings.max_evict_retries < 0:
            detail = f"must not be negative, but is {settings.max_evict_retries}"
            yield subject.problem(f"{path}.maxEvictRetries", "Invalid", detail)
        yield from _check_preserved(subject, f"{path}.autoPreserveFailedMachineMax", pool)


def check_settings_in_place(subject: PoolsSubject) -> Iterator[Problem]:
    """Yield a problem for each setting of updates in place in a pool whose machines are replaced."""
    for pool in subject.pools:
        settings = pool.machine_settings
        if settings is None or pool.is_in_place:
            continue
        for name, is_set in (
            ("inPlaceUpdateTimeout", settings.in_place_update_timeout is not None),
            ("disableHealthTimeout", settings.disable_health_timeout is True),
        ):
            if is_set:
                detail = "has a meaning only with update strategy AutoInPlaceUpdate or ManualInPlaceUpdate"
                yield subject.problem(f"{pool.path}.{_SETTINGS}.{name}", "Forbidden", detail, "remove it")


def _check_preserved(subject: PoolsSubject, path: str, pool: Pool) -> Iterator[Problem]:
    """Yield a problem if more failed machines could be preserved than a pool can spare."""
    preserved = pool.machine_settings.auto_preserve_failed_machine_max if pool.machine_settings else None
    if preserved is None:
        return
    keeps_one = pool.allows_system_components and pool.maximum > 0
    most = pool.maximum - 1 if keeps_one else pool.maximum
    if preserved < 0:
        yield subject.problem(path, "Invalid", f"must not be negative, but is {preserved}")
    elif preserved > most:
        reason = ", because one machine has to run the system components" if keeps_one else ""
        detail = f"must be at most {most} of maximum {pool.maximum}{reason}; it is {preserved}"
        yield subject.problem(path, "Invalid", detail, "lower it, or raise maximum")


def _check_duration(subject: Subject, path: str, text: str | None) -> Iterator[Problem]:
    """Yield a problem unless a text is a duration that is not negative."""
    if text is None:
        return
    duration = read_duration(text)
    if duration is None:
        yield subject.problem(path, "Invalid", f"{show(text)} is not a duration", "write it as 30m or 1h30m")
    elif duration < 0:
        yield subject.problem(path, "Invalid", f"must not be negative, but is {show(text)}")


def _is_share(share: str) -> bool:
    return _SHARE.fullmatch(share) is not None and 0 <= float(share) <= 1


POOL_OPTION_RULES: tuple[Rule[PoolsSubject], ...] = (
    # An API server has checked existing objects.
    Rule(check_autoscaler, in_schema="partly", is_beyond_gardener=True),
    Rule(check_machine_settings, in_schema="fields", is_beyond_gardener=True),
    Rule(check_settings_in_place, in_schema="yes", is_beyond_gardener=True),
)

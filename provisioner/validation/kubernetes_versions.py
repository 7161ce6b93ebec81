"""
Rules for the Kubernetes versions of a Shoot and its pools, which Gardener's API server compares with the CloudProfile's
offer.

Source: gardener plugin/pkg/shoot/validator/admission.go (validateKubernetesVersionConstraints), read 2026-12.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from provisioner.api.core_v1beta1 import CloudProfile
from provisioner.api.text import did_you_mean, show, show_list
from provisioner.errors import Problem
from provisioner.gardener.lifecycle import is_active
from provisioner.gardener.versions import begins_with, read_version
from provisioner.validation.findings import Rule, Subject
from provisioner.validation.pools import PoolsSubject
from provisioner.validation.shoot import ShootSubject


def check_version(subject: ShootSubject) -> Iterator[Problem]:
    """
    Yield a problem if the CloudProfile does not offer the shoot's Kubernetes version, or has it only for shoots that
    exist, because it has expired.
    """
    kubernetes = subject.shoot.spec.kubernetes
    if kubernetes is not None and kubernetes.version:
        path, now = "spec.kubernetes.version", subject.now if subject.is_creation else None
        yield from _check_offer(subject, path, kubernetes.version, subject.profile, now)


def check_pool_versions(subject: PoolsSubject) -> Iterator[Problem]:
    """
    Yield a problem for each pool with a Kubernetes version of its own that the CloudProfile does not offer, or has only
    for pools that exist.
    """
    for pool in subject.pools:
        if pool.kubernetes_version == subject.kubernetes_version:
            continue
        if pool.kubernetes_version and read_version(pool.kubernetes_version):  # what is none is a problem of its own
            now = pool.wish.now if pool.wish and subject.creates(pool) else None
            path = f"{pool.path}.kubernetes.version"
            yield from _check_offer(subject, path, pool.kubernetes_version, subject.profile, now)


def _check_offer(
    subject: Subject, path: str, version: str, profile: CloudProfile | None, now: datetime | None
) -> Iterator[Problem]:
    """
    Yield a problem unless a version is on offer, and, with a time `now`, neither expired nor still unavailable then.

    A partial version, such as 1.31, stands for the newest that fits, as Gardener's API server completes it.
    """
    if profile is None or not profile.knows("kubernetes"):
        return
    versions = profile.spec.kubernetes.versions
    active = [entry.version for entry in versions if now is None or is_active(entry, now)]
    if not versions or any(begins_with(offered, version) for offered in active):
        return
    state = "is not offered"
    if any(begins_with(entry.version, version) for entry in versions):
        state = "has expired, or is not available yet"
    detail = f"Kubernetes {show(version)} {state}; there are {show_list(active)}"
    yield subject.problem(path, "NotSupported", detail, did_you_mean(version, active))


KUBERNETES_RULES: tuple[Rule[ShootSubject], ...] = (Rule(check_version, in_schema="objects", is_beyond_gardener=True),)

POOL_KUBERNETES_RULES: tuple[Rule[PoolsSubject], ...] = (
    Rule(check_pool_versions, in_schema="objects", is_beyond_gardener=True),
)

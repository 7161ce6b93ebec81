"""
What a version counts as at a time, of a machine image or of Kubernetes: supported, expired and so on.

Source: gardener pkg/api/core/v1beta1/helper/cloudprofile.go (lifecycles), read 2026-11.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from provisioner.api.core_v1beta1 import ExpirableVersion

UNAVAILABLE: Final = "unavailable"
PREVIEW: Final = "preview"
SUPPORTED: Final = "supported"
DEPRECATED: Final = "deprecated"
EXPIRED: Final = "expired"
STAGES: Final = (UNAVAILABLE, PREVIEW, SUPPORTED, DEPRECATED, EXPIRED)
"""What a version can count as, in order of time."""


def read_time(text: str) -> datetime | None:
    """Return a time as Kubernetes writes it, with its time zone; None if the text is none."""
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        return None
    return time if time.tzinfo is not None else None


def current_stage(version: ExpirableVersion, now: datetime) -> str:
    """
    Return what a version counts as now, one of `STAGES`; before the first stage of a lifecycle it is unavailable.

    A time that cannot be read is as if it were not there.
    """
    if not version.lifecycle:
        until = read_time(version.expiration_date) if version.expiration_date else None
        return EXPIRED if until is not None and until < now else version.classification or SUPPORTED
    stage = UNAVAILABLE
    for step in version.lifecycle:
        begin = read_time(step.start_time) if step.start_time else None
        if begin is None or begin < now:
            stage = step.classification
    return stage


def is_active(version: ExpirableVersion, now: datetime) -> bool:
    """Return whether new machines may start from a version now, of an image or of Kubernetes."""
    return current_stage(version, now) not in (UNAVAILABLE, EXPIRED)

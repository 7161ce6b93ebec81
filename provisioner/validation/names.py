"""Names as Kubernetes, Gardener and OSS allow them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from provisioner.api.text import show
from provisioner.errors import Problem
from provisioner.validation.findings import Subject

_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
_SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_QUALIFIED = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?")
LABEL_LENGTH = 63
"""Most characters of a DNS label, and so of a technical ID."""
_SUBDOMAIN_LENGTH = 253
_UID = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9]*[A-Za-z0-9])?")
_BUCKET_LENGTH = (3, 63)
_LABEL_RULE = "use lower-case letters, digits and hyphens, beginning and ending with a letter or digit"
_SUBDOMAIN_RULE = "use lower-case letters, digits, hyphens and dots, beginning and ending with a letter or digit"


def check_label(subject: Subject, path: str, name: str) -> Iterator[Problem]:
    """Yield a problem unless the name is a DNS label (RFC 1123): it becomes a part of names in the cloud."""
    if not name:
        yield subject.problem(path, "Required", "is required")
    elif len(name) > LABEL_LENGTH:
        yield subject.problem(path, "TooLong", f"{show(name)} has {len(name)} characters, the limit is {LABEL_LENGTH}")
    elif not _LABEL.fullmatch(name):
        yield subject.problem(path, "Invalid", f"{show(name)} is not a DNS label", _LABEL_RULE)


def is_label(name: str) -> bool:
    """Return whether a name is a DNS label (RFC 1123)."""
    return len(name) <= LABEL_LENGTH and _LABEL.fullmatch(name) is not None


def check_subdomain(subject: Subject, path: str, name: str) -> Iterator[Problem]:
    """Yield a problem unless the name is a DNS subdomain (RFC 1123), as most Kubernetes names must be."""
    if not name:
        yield subject.problem(path, "Required", "is required")
    elif len(name) > _SUBDOMAIN_LENGTH:
        detail = f"{show(name)} has {len(name)} characters, the limit is {_SUBDOMAIN_LENGTH}"
        yield subject.problem(path, "TooLong", detail)
    elif not _SUBDOMAIN.fullmatch(name):
        yield subject.problem(path, "Invalid", f"{show(name)} is not a DNS subdomain", _SUBDOMAIN_RULE)


def check_qualified_name(subject: Subject, path: str, name: str, *, is_annotation: bool = False) -> Iterator[Problem]:
    """
    Yield a problem unless the name can be the key of a label, an annotation or a taint: `name` or `domain/name`.

    The domain of an annotation may have upper-case letters.

    Source: k8s.io/apimachinery pkg/util/validation (IsQualifiedName) and pkg/api/validation (ValidateAnnotations), read
    2026-11.
    """
    domain, slash, last = (name.lower() if is_annotation else name).rpartition("/")
    if slash and (len(domain) > _SUBDOMAIN_LENGTH or not _SUBDOMAIN.fullmatch(domain)):
        detail = f"{show(name)} does not have a DNS subdomain before its last slash"
        yield subject.problem(path, "Invalid", detail, "write it as example.com/name")
    yield from _check_qualified_part(subject, path, name, last)


def check_label_value(subject: Subject, path: str, value: str) -> Iterator[Problem]:
    """
    Yield a problem unless the text can be the value of a label or a taint.

    Source: k8s.io/apimachinery pkg/util/validation (IsValidLabelValue), read 2026-11.
    """
    if value:
        yield from _check_qualified_part(subject, path, value, value)


def is_label_value(text: str) -> bool:
    """Return whether a text that is not empty can be the value of a label, or the last part of its key."""
    return len(text) <= LABEL_LENGTH and _QUALIFIED.fullmatch(text) is not None


def _check_qualified_part(subject: Subject, path: str, whole: str, part: str) -> Iterator[Problem]:
    """Yield a problem unless a part of a key, or a value, has the right characters and length."""
    if len(part) > LABEL_LENGTH:
        yield subject.problem(path, "TooLong", f"{show(whole)} has {len(part)} characters, the limit is {LABEL_LENGTH}")
    elif not _QUALIFIED.fullmatch(part):
        fix = "use letters, digits and - _ . and begin and end with a letter or digit"
        yield subject.problem(path, "Invalid", f"{show(whole)} has characters that a label cannot have", fix)


def check_gardener_name(subject: Subject, path: str, name: str) -> Iterator[Problem]:
    """
    Yield a problem unless the name can be a part of a technical ID: a DNS label without two hyphens in a row.

    Source: gardener pkg/api/core/validation (ValidateNameConsecutiveHyphens), read 2026-07.
    """
    yield from check_label(subject, path, name)
    if "--" in name:
        detail = f"{show(name)} has two hyphens in a row, which separate the parts of a technical ID"
        yield subject.problem(path, "Invalid", detail, "use single hyphens")


def check_uid(subject: Subject, path: str, uid: str | None) -> Iterator[Problem]:
    """Yield a problem unless a uid can be a part of the entry name, which is a path in the bucket."""
    if uid is None:
        return
    if len(uid) > LABEL_LENGTH:
        detail = f"{show(uid)} has {len(uid)} characters, the limit is {LABEL_LENGTH}"
        yield subject.problem(path, "TooLong", detail)
    elif not _UID.fullmatch(uid) or "--" in uid:
        fix = "use letters, digits and single hyphens"
        yield subject.problem(path, "Invalid", f"{show(uid)} is not a uid", fix)


def check_bucket_name(subject: Subject, path: str, name: str) -> Iterator[Problem]:
    """
    Yield a problem unless OSS accepts the bucket name.

    Source: Alibaba Cloud OSS, "Bucket naming conventions", read 2026-07.
    """
    least, most = _BUCKET_LENGTH
    if not least <= len(name) <= most:
        detail = f"{show(name)} has {len(name)} characters; a bucket name has {least} to {most}"
        yield subject.problem(path, "TooLong" if len(name) > most else "Invalid", detail)
    elif not _LABEL.fullmatch(name):
        yield subject.problem(path, "Invalid", f"{show(name)} is not a bucket name", _LABEL_RULE)

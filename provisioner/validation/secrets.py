"""Rules for Secrets with Alibaba Cloud credentials. No problem ever shows a value."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from provisioner.api.core_v1beta1 import Secret
from provisioner.errors import Problem
from provisioner.validation.findings import Rule, Subject

ACCESS_KEY_ID = "accessKeyID"
ACCESS_KEY_SECRET = "accessKeySecret"  # noqa: S105 - the name of a key, not a secret
_ID = re.compile(r"[0-9a-zA-Z._=]{16,128}")
_LEAST_SECRET = 30


@dataclass(frozen=True)
class SecretSubject(Subject):
    """A Secret."""

    secret: Secret

    def key_path(self, key: str) -> str:
        """Return where a value is, or would be."""
        return f"stringData.{key}" if key in self.secret.string_data else f"data.{key}"


def check_credentials(subject: SecretSubject) -> Iterator[Problem]:
    """
    Yield a problem if the Secret has one half of an access key, or a half that cannot be one.

    Source: gardener-extension-provider-alicloud pkg/apis/alicloud/validation/secrets.go, read 2026-07.
    """
    secret = subject.secret
    if ACCESS_KEY_ID not in secret.keys and ACCESS_KEY_SECRET not in secret.keys:
        return
    for key in (ACCESS_KEY_ID, ACCESS_KEY_SECRET):
        value = secret.decoded(key)
        path = subject.key_path(key)
        text = _text(value)
        if not value:
            yield subject.problem(path, "Required", "is required beside the other half of the access key")
        elif text is None:
            yield subject.problem(path, "Invalid", "has characters that no access key has")
        elif text != text.strip("\r\n"):
            fix = "encode it without the line break (echo -n)"
            yield subject.problem(path, "Invalid", "begins or ends with a line break", fix)
        elif key == ACCESS_KEY_ID and not _ID.fullmatch(text):
            yield subject.problem(path, "Invalid", "is not an access key id: 16 to 128 letters, digits and . _ =")
        elif key == ACCESS_KEY_SECRET and len(text) < _LEAST_SECRET:
            yield subject.problem(path, "Invalid", f"is shorter than {_LEAST_SECRET} characters")


def _text(value: bytes | None) -> str | None:
    """Return a value as ASCII text, or None if it is none."""
    try:
        text = (value or b"").decode("ascii")
    except UnicodeDecodeError:
        return None
    return text if text.strip("\r\n").isprintable() else None


SECRET_RULES: tuple[Rule[SecretSubject], ...] = (Rule(check_credentials),)

"""Rules for Secrets: credentials, and what machines are given. No problem ever shows a value."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from provisioner.api.core_v1beta1 import Secret
from provisioner.errors import Problem
from provisioner.gardener.machine_access import MOST_USER_DATA_BYTES, SSH_KEY, USER_DATA_KEY, is_public_key
from provisioner.manifests.placeholders import is_placeholder
from provisioner.validation.findings import Rule, Subject

ACCESS_KEY_ID = "accessKeyID"
ACCESS_KEY_SECRET = "accessKeySecret"  # noqa: S105 - the name of a key, not a secret
SECURITY_TOKEN = "securityToken"  # noqa: S105 - the name of a key, not a secret
_ID = re.compile(r"[0-9a-zA-Z._=]{16,128}")
_LEAST_SECRET = 30


@dataclass(eq=False, repr=False)
class SecretSubject(Subject):
    """A Secret."""

    secret: Secret
    has_credentials: bool = False
    """Whether an object reads its credentials from it."""

    def key_path(self, key: str) -> str:
        """Return where a value is, or would be."""
        return f"stringData.{key}" if key in self.secret.string_data else f"data.{key}"


def check_credentials(subject: SecretSubject) -> Iterator[Problem]:
    """
    Yield a problem if the Secret lacks a half of its access key, or has a half or a security token that cannot be one.

    A Secret from which no object reads credentials need not have any.

    Source: gardener-extension-provider-alicloud pkg/apis/alicloud/validation/secrets.go, read 2026-07; it knows no
    tokens.
    """
    secret = subject.secret
    if not subject.has_credentials and ACCESS_KEY_ID not in secret.keys and ACCESS_KEY_SECRET not in secret.keys:
        return
    tokens = (SECURITY_TOKEN,) if SECURITY_TOKEN in secret.keys else ()
    for key in (ACCESS_KEY_ID, ACCESS_KEY_SECRET, *tokens):
        value = secret.decoded(key)
        path = subject.key_path(key)
        text = _text(value)
        if not value:
            is_half = key != SECURITY_TOKEN
            detail = "is required: it is half of the access key" if is_half else "is empty"
            yield subject.problem(path, "Required", detail)
        elif text is None:
            yield subject.problem(path, "Invalid", "has characters that no access key has")
        elif is_placeholder(text):
            yield subject.problem(path, "Invalid", "still is a placeholder", "put the value in its place")
        elif text != text.strip("\r\n"):
            fix = "encode it without the line break (echo -n)"
            yield subject.problem(path, "Invalid", "begins or ends with a line break", fix)
        elif key == ACCESS_KEY_ID and not _ID.fullmatch(text):
            yield subject.problem(path, "Invalid", "is not an access key id: 16 to 128 letters, digits and . _ =")
        elif key == ACCESS_KEY_SECRET and len(text) < _LEAST_SECRET:
            yield subject.problem(path, "Invalid", f"is shorter than {_LEAST_SECRET} characters")


def check_user_data(subject: SecretSubject) -> Iterator[Problem]:
    """
    Yield a problem if user data is empty, or more than a machine takes.

    Source: API document of CreateScalingConfiguration (Ess 2022-02-22), UserData, read 2026-11.
    """
    if USER_DATA_KEY not in subject.secret.keys:
        return
    value, path = subject.secret.decoded(USER_DATA_KEY), subject.key_path(USER_DATA_KEY)
    if not value:
        yield subject.problem(path, "Required", "is empty", "give user data, or leave the key out")
    elif len(value) > MOST_USER_DATA_BYTES:
        detail = f"{len(value)} bytes; a machine takes {MOST_USER_DATA_BYTES} (CreateScalingConfiguration)"
        yield subject.problem(path, "TooLong", detail, "load the rest when the machine starts")


def check_public_key(subject: SecretSubject) -> Iterator[Problem]:
    """
    Yield a problem if the value for the machines' SSH public key is invalid.

    Source: sshd(8), AUTHORIZED_KEYS FILE FORMAT, read 2026-11.
    """
    if SSH_KEY in subject.secret.keys:
        yield from judge_public_key(subject, subject.key_path(SSH_KEY), subject.secret.decoded(SSH_KEY) or b"")


def judge_public_key(subject: Subject, path: str, value: bytes) -> Iterator[Problem]:
    """Yield a problem if the value at `path` is not an SSH public key."""
    if not is_public_key(value):
        detail = "is not an SSH public key in OpenSSH format, which is one line"
        yield subject.problem(path, "Invalid", detail, "give the line of the .pub file")


def _text(value: bytes | None) -> str | None:
    """Return a value as ASCII text, or None if it is none."""
    try:
        text = (value or b"").decode("ascii")
    except UnicodeDecodeError:
        return None
    return text if text.strip("\r\n").isprintable() else None


SECRET_RULES: tuple[Rule[SecretSubject], ...] = (
    Rule(check_credentials, in_schema="computed"),
    Rule(check_user_data, in_schema="computed"),
    Rule(check_public_key, in_schema="computed"),
)

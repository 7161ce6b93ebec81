"""
Keeps access key secrets and user data unreadable in the database file.

A real cloud holds both, so the simulated one must too; but a user who searches, copies or posts the database of a
sandbox must not find them in it. The key is a separate file that only its owner can read. This does not protect against
a user who can read the whole directory.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import secrets
from pathlib import Path

_NONCE_BYTES = 16
_KEY_BYTES = 32


class Sealer:
    """Turns text into sealed text and back."""

    def __init__(self, key: bytes) -> None:
        """Seal with `key`."""
        self._key = key

    @classmethod
    def open(cls, path: Path) -> Sealer:
        """Return the sealer whose key is in `path`; the file is created when missing, also by two processes at once."""
        if not path.exists():
            draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(secrets.token_bytes(_KEY_BYTES))
            try:
                os.link(draft, path)  # complete from the start, and never over another process's key
            except FileExistsError:
                pass
            finally:
                draft.unlink()
        return cls(path.read_bytes())

    def seal(self, text: str) -> str:
        """Return `text` sealed; sealing the same text again gives another result."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return base64.b64encode(nonce + self._mix(nonce, text.encode())).decode()

    def unseal(self, sealed: str) -> str:
        """Return the original text."""
        raw = base64.b64decode(sealed)
        return self._mix(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:]).decode()

    def _mix(self, nonce: bytes, data: bytes) -> bytes:
        seed = hmac.digest(self._key, nonce, "sha256")
        stream = hashlib.shake_256(seed).digest(len(data))
        return (int.from_bytes(data) ^ int.from_bytes(stream)).to_bytes(len(data))

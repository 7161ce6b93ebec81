"""User data and SSH public keys, which machines get when they start, and where Secrets hold them."""

from __future__ import annotations

import re

USER_DATA_KEY = "cloud_config"
SSH_KEY = "id_rsa.pub"
MOST_USER_DATA_BYTES = 32 * 1024
"""Before base64 (CreateScalingConfiguration, read 2026-11)."""
_PUBLIC_KEY = re.compile(r"[a-z][A-Za-z0-9@.-]+ [A-Za-z0-9+/]+={0,2}(?: [^\n]*)?")


def is_public_key(value: bytes) -> bool:
    """Return whether a value is one public key in OpenSSH format, which is one line."""
    try:
        return _PUBLIC_KEY.fullmatch(value.decode().strip()) is not None
    except UnicodeDecodeError:
        return False

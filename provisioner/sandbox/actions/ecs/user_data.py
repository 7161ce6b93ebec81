"""User data: what a machine is told when it starts. Kept sealed; no action of its own."""

from __future__ import annotations

import base64
import binascii

from provisioner.sandbox.cloud import ActionError


def check_user_data(user_data: str, *, largest_kib: int) -> None:
    """Refuse user data that is not base64 or, decoded, larger than `largest_kib`."""
    try:
        raw = base64.b64decode(user_data, validate=True)
    except (binascii.Error, ValueError):
        raise ActionError(
            "InvalidUserData.Base64FormatInvalid", "The specified parameter UserData must be base64 encoded."
        ) from None
    if len(raw) > largest_kib * 1024:
        raise ActionError("InvalidUserData.SizeExceeded", "The specified parameter UserData exceeds the size.")

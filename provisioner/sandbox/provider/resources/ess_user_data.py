"""The user data of a scaling configuration, which travels as base64."""

from __future__ import annotations

import base64
import binascii

from provisioner.sandbox.provider.record import Record


def encoded_user_data(record: Record) -> str | None:
    """Return the user data as a call takes it: base64 stays as it is."""
    text = record.ok("user_data")
    if text is None:
        return None
    return str(text) if _decode_base64(text) is not None else base64.b64encode(text.encode()).decode()


def read_user_data(record: Record, answer: str | None) -> None:
    """Keep base64 as it is; plain text, and what an import finds, is stored decoded."""
    known = record.ok("user_data")
    if known is not None and _decode_base64(known) is not None:
        record.set("user_data", answer)
    elif answer is not None:
        decoded = _decode_base64(answer)
        record.set("user_data", answer if decoded is None else decoded.decode(errors="replace"))


def _decode_base64(text: str) -> bytes | None:
    """Return the decoded text; None when it is not base64 (line ends are allowed in it)."""
    try:
        return base64.b64decode(text.replace("\r", "").replace("\n", ""), validate=True)
    except (binascii.Error, ValueError):
        return None

"""The reason why a document cannot be read."""

from __future__ import annotations

MAX_DEPTH = 64
"""Deepest nesting; Gardener's objects stay below 25."""
TOO_DEEP = f"nested deeper than {MAX_DEPTH} levels, the limit"


class ReadError(Exception):
    """A problem of a document, and its place."""

    def __init__(self, line: int, type: str, detail: str, fix: str = "") -> None:
        super().__init__(detail)
        self.line = line
        self.type = type
        self.detail = detail
        self.fix = fix


def line_at(data: bytes, position: int) -> int:
    """Return the line of a byte, counted from 1."""
    return data.count(b"\n", 0, position) + 1

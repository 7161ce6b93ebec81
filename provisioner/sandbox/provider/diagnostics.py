"""Errors and warnings for terraform."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

HIDDEN = "(sensitive value)"


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One error or warning."""

    severity: Literal["error", "warning"]
    summary: str
    detail: str = ""

    def without(self, secrets: Iterable[str]) -> Diagnostic:
        """Return the diagnostic with every occurrence of each secret blanked out."""
        summary, detail = self.summary, self.detail
        for secret in secrets:
            summary, detail = summary.replace(secret, HIDDEN), detail.replace(secret, HIDDEN)
        return Diagnostic(self.severity, summary, detail)


def error(summary: str, detail: str = "") -> Diagnostic:
    """Return an error."""
    return Diagnostic("error", summary, detail)


def warning(summary: str, detail: str = "") -> Diagnostic:
    """Return a warning."""
    return Diagnostic("warning", summary, detail)

"""
Terraform's machine-readable output, one event per line.

Source: https://developer.hashicorp.com/terraform/internals/machine-readable-ui, read 2026-11.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Event:
    """One line of the stream: its `type`, terraform's own message, and the whole record."""

    type: str
    message: str
    record: Mapping[str, Any] = field(default_factory=dict)

    @property
    def address(self) -> str:
        """The resource address the event is about, or an empty string."""
        for key in ("hook", "change"):
            part = self.record.get(key)
            if isinstance(part, Mapping):
                return str(part.get("resource", {}).get("addr", ""))
        return ""

    @property
    def action(self) -> str:
        """The action on the resource: create, read, update, delete, replace, import, noop; or empty."""
        for key in ("hook", "change"):
            part = self.record.get(key)
            if isinstance(part, Mapping):
                return str(part.get("action", ""))
        return ""

    @property
    def is_end_of_plan(self) -> bool:
        """Whether every planned change has been announced by now."""
        changes = self.record.get("changes")
        return self.type == "change_summary" and isinstance(changes, Mapping) and changes.get("operation") == "plan"


@dataclass(frozen=True, slots=True)
class Change:
    """One planned change. `action` is create, update, delete, replace, read, import, move or noop."""

    address: str
    action: str
    reason: str = ""

    @property
    def takes_away(self) -> bool:
        """Whether an object that exists will not exist any more."""
        return self.action in ("delete", "replace")

    @property
    def creates(self) -> bool:
        """Whether an object will exist that does not yet."""
        return self.action in ("create", "replace")


def parse_event(line: bytes | str) -> Event:
    """
    Return the event of one line.

    A line that is not JSON (a crash report, a wrapper script's echo) becomes an event of type `text`, so that nothing
    terraform says is ever lost.
    """
    text = line.decode(errors="replace") if isinstance(line, bytes) else line
    text = text.rstrip("\r\n")
    try:
        record = json.loads(text)
    except ValueError:
        return Event("text", text)
    if not isinstance(record, dict):
        return Event("text", text)
    return Event(str(record.get("type", "log")), str(record.get("@message", "")), record)


def planned_change(event: Event) -> Change | None:
    """Return the change that a `planned_change` event announces; None for other events and for no-ops."""
    if event.type != "planned_change" or event.action in ("noop", "read", ""):
        return None
    change = event.record.get("change")
    reason = str(change.get("reason", "")) if isinstance(change, Mapping) else ""
    return Change(event.address, event.action, reason)

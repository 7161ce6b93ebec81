"""The machine that a run is on."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from pathlib import Path

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True, slots=True)
class Machine:
    """Identifies a machine, and one boot of it."""

    host: str
    """Its name, for people."""
    boot_id: str
    """Identifies its boot; empty where the system does not tell, and then it proves nothing."""

    @classmethod
    def this(cls, boot_id: Path = _BOOT_ID) -> Machine:
        """Return the machine that this process is on."""
        try:
            boot = boot_id.read_text(encoding="ascii").strip()
        except (OSError, ValueError):
            boot = ""
        return cls(socket.gethostname(), boot)

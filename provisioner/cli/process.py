"""What a command takes from the process that it runs in."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from provisioner.machine import Machine


class Process:
    """The surroundings of one command. A program that calls `main` itself may give its own."""

    def __init__(self, environ: Mapping[str, str] | None = None, machine: Machine | None = None) -> None:
        self.environ: Mapping[str, str] = dict(os.environ if environ is None else environ)
        """A copy: what becomes of the process's own environment meanwhile does not matter."""
        self._machine = machine

    @property
    def machine(self) -> Machine:
        """The machine that the command runs on."""
        from provisioner.machine import Machine  # not every command asks for it

        return self._machine or Machine.this()

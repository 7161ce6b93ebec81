"""The way in which a verb reports and asks for consent. The command line prints; a controller writes events."""

from __future__ import annotations

from typing import Protocol

from provisioner.errors import Problem
from provisioner.ids import Root
from provisioner.runner import Event, Plan


class Reporter(Protocol):
    """Receives the events of a run. Calls come from several threads."""

    def step(self, text: str) -> None:
        """A new part of the run begins."""

    def warn(self, problem: Problem) -> None:
        """Something is odd, but the run goes on."""

    def plan(self, root: Root, plan: Plan, *, is_preliminary: bool) -> None:
        """Terraform has made a plan. A preliminary one has stand-ins for ids that do not exist yet."""

    def event(self, root: Root, event: Event) -> None:
        """Terraform has reported an event."""

    def ask(self, question: str, answer: str) -> bool:
        """
        Return whether the operator agrees, by typing `answer`.

        Raises:
            ConsentError: there is no terminal to ask on.
        """

"""A reporter that remembers the reports of a verb."""

from __future__ import annotations

from provisioner.errors import Problem


class Said:
    """A reporter that remembers."""

    def __init__(self) -> None:
        self.steps: list[str] = []
        self.warnings: list[Problem] = []

    def step(self, text: str) -> None:
        self.steps.append(text)

    def warn(self, problem: Problem) -> None:
        self.warnings.append(problem)

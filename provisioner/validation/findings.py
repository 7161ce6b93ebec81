"""What a rule is, and where its problems go."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Generic, TypeVar

from provisioner.errors import ManifestError, Problem

MAX_PROBLEMS = 100
"""Most problems reported for one rule and object; nobody reads more."""

SubjectT = TypeVar("SubjectT", bound="Subject")


@dataclass(frozen=True)
class Subject:
    """A part of the input that rules look at, together with what they need to know about its surroundings."""

    label: str
    """`Kind/name`, as messages name the object."""
    is_new: bool
    """Whether the object does not exist yet, as far as the input tells: it has no status."""

    def problem(self, path: str, type: str, detail: str, fix: str = "") -> Problem:
        """Return a problem of this object."""
        return Problem(self.label, path, type, detail, fix)


@dataclass(frozen=True)
class Rule(Generic[SubjectT]):
    """
    One check.

    `is_beyond_gardener` marks a rule that Gardener and the Alicloud extension do not have. It is an error for a new
    object and a warning for an existing one: a healthy running cluster must stay reconcilable.
    """

    check: Callable[[SubjectT], Iterator[Problem]]
    is_beyond_gardener: bool = False


@dataclass(frozen=True)
class Findings:
    """What validation found."""

    errors: tuple[Problem, ...] = ()
    """What must be repaired before anything can be done."""
    warnings: tuple[Problem, ...] = ()
    """What should be looked at."""

    @property
    def is_valid(self) -> bool:
        """Whether there is no error."""
        return not self.errors

    def require_valid(self) -> None:
        """
        Do nothing if there is no error.

        Raises:
            ManifestError: there are errors; carries all of them.
        """
        if self.errors:
            raise ManifestError(self.errors)


class Report:
    """Collects what rules find."""

    def __init__(self) -> None:
        self._errors: dict[Problem, None] = {}
        self._warnings: dict[Problem, None] = {}

    def apply(self, rules: Iterable[Rule[SubjectT]], subject: SubjectT) -> None:
        """Run rules over a subject."""
        for rule in rules:
            found = self._warnings if rule.is_beyond_gardener and not subject.is_new else self._errors
            problems = rule.check(subject)
            found.update(dict.fromkeys(islice(problems, MAX_PROBLEMS)))
            if next(problems, None) is not None:
                found[subject.problem("", "TooMany", f"more than {MAX_PROBLEMS} problems like the last one")] = None

    def add_warnings(self, problems: Iterable[Problem]) -> None:
        """Take in warnings found outside a rule."""
        self._warnings.update(dict.fromkeys(problems))

    def findings(self) -> Findings:
        """Return everything found, each problem once, in the order it was found."""
        return Findings(tuple(self._errors), tuple(self._warnings))

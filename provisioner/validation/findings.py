"""Rules, and the collection of their problems."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import Generic, Literal, TypeVar

from provisioner.api.unread import Unread
from provisioner.errors import ManifestError, Problem

MAX_PROBLEMS = 100
"""Most problems reported for one rule and object; more would not help."""

SubjectT = TypeVar("SubjectT", bound="Subject")

InSchema = Literal["yes", "partly", "fields", "objects", "computed", "before"]
"""
Whether a JSON Schema can say a rule: yes; only the form of a single value; or no, because it compares fields of one
object, looks at another object, computes with a value, or compares with the older object.
"""


@dataclass(eq=False, repr=False)
class Subject:
    """
    A part of the input that rules check, together with the context that they need.

    Subjects are neither compared nor shown: the code that a dataclass would generate for that takes a tenth of a
    command's start.
    """

    label: str
    """`Kind/name`, as messages name the object."""
    is_new: bool
    """Whether the object does not exist yet, as far as the input tells: it has no status, and there is no older one."""

    def place(self, path: str) -> str:
        """Return a path that stays the same when something is put before it; subjects with named lists know how."""
        return path

    def problem(self, path: str, type: str, detail: str, fix: str = "") -> Problem:
        """Return a problem of this object."""
        return Problem(self.label, path, type, detail, fix)


@dataclass(eq=False, repr=False)
class Change(Subject, Generic[SubjectT]):
    """The same part of the input, before and after."""

    old: SubjectT
    new: SubjectT


@dataclass(eq=False, repr=False)
class Rule(Generic[SubjectT]):
    """
    One check.

    A problem that it finds is an error. Two marks exist for rules that must not stop a healthy running cluster; with
    one of them, a problem that the older object (`--old`) had in the same place is only a warning.
    """

    check: Callable[[SubjectT], Iterator[Problem]]
    """Yields problems. Its docstring says for what, and from where, unless its module does: docs/validation.md."""
    in_schema: InSchema
    is_beyond_gardener: bool = False
    """
    Gardener and the Alicloud extension lack it, have it only at creation, or checked it before the object could exist:
    a warning for every existing object.
    """
    is_for_changes: bool = False
    """Gardener applies it only to new or changed values; an error if there is no older object to compare with."""
    is_note: bool = False
    """It finds what a run needs and manifests in git do not have, such as a Secret: no error of the manifests."""


@dataclass(frozen=True)
class Findings:
    """The result of validation."""

    errors: tuple[Problem, ...] = ()
    """Problems to fix before a run can do anything."""
    warnings: tuple[Problem, ...] = ()
    """Problems that deserve a look."""
    undecided: tuple[Problem, ...] = ()
    """The errors that Gardener raises only for new or changed values, when there is no older object to compare with."""
    of_new: tuple[Problem, ...] = ()
    """The errors that are warnings for an object that exists, when only a state may know whether this one does."""
    choices: tuple[Problem, ...] = ()
    """The machine images that new pools get because their Shoot names none. A run asks the state what a pool has."""
    notes: tuple[Problem, ...] = ()
    """What is absent, and has to be there before a run can do anything."""

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

    def __init__(self, *unread: Unread) -> None:
        self._unread = [part for part in unread if part.paths or part.sources]
        self._errors: dict[Problem, None] = {}
        self._warnings: dict[Problem, None] = {}
        self._undecided: dict[Problem, None] = {}
        self._of_new: dict[Problem, None] = {}
        self._choices: dict[Problem, None] = {}
        self._notes: dict[Problem, None] = {}

    def apply(self, rules: Iterable[Rule[SubjectT]], subject: SubjectT, old: SubjectT | None = None) -> None:
        """Run rules over a subject; `old` is the same part of the older object, with today's context."""
        for rule in rules:
            problems = rule.check(subject)
            if self._unread:
                problems = self._without_consequences(problems)
            found = self._notes if rule.is_note else self._errors
            if rule.is_beyond_gardener and not subject.is_new:
                found = self._warnings
            known: set[tuple[str, str, str]] | None = None
            for problem in islice(problems, MAX_PROBLEMS):
                if old is not None and (rule.is_beyond_gardener or rule.is_for_changes):
                    if known is None:
                        known = {_mark(old, other) for other in islice(rule.check(old), MAX_PROBLEMS)}
                    found = self._warnings if _mark(subject, problem) in known else self._errors
                elif found is self._errors:
                    if rule.is_for_changes:
                        self._undecided[problem] = None
                    if rule.is_beyond_gardener:
                        self._of_new[problem] = None
                found[problem] = None
            if next(problems, None) is not None:
                surplus = subject.problem("", "TooMany", f"more than {MAX_PROBLEMS} problems like the last one")
                found[surplus] = None
                if rule.is_beyond_gardener and old is None and found is self._errors:
                    self._of_new[surplus] = None

    def add_reading_errors(self, problems: Iterable[Problem]) -> None:
        """Take in errors of what could not be read."""
        self._errors.update(dict.fromkeys(problems))

    def add_errors(self, problems: Iterable[Problem]) -> None:
        """Take in errors found outside a rule."""
        self._errors.update(dict.fromkeys(self._without_consequences(iter(problems))))

    def add_notes(self, problems: Iterable[Problem]) -> None:
        """Take in notes found outside a rule."""
        self._notes.update(dict.fromkeys(problems))

    def add_warnings(self, problems: Iterable[Problem]) -> None:
        """Take in warnings found outside a rule."""
        self._warnings.update(dict.fromkeys(problems))

    def add_choices(self, choices: Iterable[Problem]) -> None:
        """Take in what was chosen for the operator."""
        self._choices.update(dict.fromkeys(self._without_consequences(iter(choices))))

    def findings(self) -> Findings:
        """Return everything found, each problem once, in the order it was found."""
        return Findings(
            tuple(self._errors),
            tuple(self._warnings),
            *(tuple(found) for found in (self._undecided, self._of_new, self._choices, self._notes)),
        )

    def _without_consequences(self, problems: Iterator[Problem]) -> Iterator[Problem]:
        """Yield the problems that do not merely follow from what could not be read of their object."""
        for problem in problems:
            if any(part.touches(problem.object, problem.path) for part in self._unread):
                continue
            sources = [part.sources[problem.object] for part in self._unread if problem.object in part.sources]
            yield replace(problem, object=sources[0]) if sources else problem


def _mark(subject: Subject, problem: Problem) -> tuple[str, str, str]:
    """Return a key that is equal for the same problem before and after a change elsewhere."""
    return subject.place(problem.path), problem.type, problem.detail

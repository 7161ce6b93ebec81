"""Rules, subjects and where problems go."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from provisioner.errors import ManifestError, Problem
from provisioner.validation import Findings
from provisioner.validation.findings import Report, Rule, Subject


def check(subject: Subject) -> Iterator[Problem]:
    yield subject.problem("spec.x", "Invalid", "is wrong")


PROBLEM = Problem("Shoot/a", "spec.x", "Invalid", "is wrong")


@pytest.mark.parametrize(
    ("is_beyond", "is_new", "findings"),
    [
        (False, True, Findings(errors=(PROBLEM,))),
        (False, False, Findings(errors=(PROBLEM,))),
        (True, True, Findings(errors=(PROBLEM,), of_new=(PROBLEM,))),
        (True, False, Findings(warnings=(PROBLEM,))),
    ],
)
def test_only_a_rule_beyond_gardener_on_an_existing_object_is_a_warning(
    is_beyond: bool, is_new: bool, findings: Findings
) -> None:
    report = Report()
    report.apply([Rule(check, in_schema="yes", is_beyond_gardener=is_beyond)], Subject("Shoot/a", is_new))
    assert report.findings() == findings


@dataclass(eq=False, repr=False)
class Named(Subject):
    """A subject whose problem is what it was, or another one."""

    detail: str = "is wrong"

    def place(self, path: str) -> str:
        return path.replace("[0]", "[a]").replace("[1]", "[a]")


def check_named(subject: Named) -> Iterator[Problem]:
    if subject.detail:
        yield subject.problem("spec.x", "Invalid", subject.detail)


@pytest.mark.parametrize(
    ("marks", "before", "is_error"),
    [
        ({}, "is wrong", True),
        ({}, "", True),
        ({"is_beyond_gardener": True}, "is wrong", False),
        ({"is_beyond_gardener": True}, "was wrong", True),
        ({"is_beyond_gardener": True}, "", True),
        ({"is_for_changes": True}, "is wrong", False),
        ({"is_for_changes": True}, "was wrong", True),
        ({"is_for_changes": True}, "", True),
    ],
)
@pytest.mark.parametrize("is_new", [True, False])
def test_only_a_marked_rule_makes_a_warning_of_what_was_there_before(
    marks: dict[str, bool], before: str, is_error: bool, is_new: bool
) -> None:
    report = Report()
    rule: Rule[Named] = Rule(check_named, in_schema="yes", **marks)
    report.apply([rule], Named("Shoot/a", is_new), Named("Shoot/a", False, before))
    assert report.findings() == (Findings(errors=(PROBLEM,)) if is_error else Findings(warnings=(PROBLEM,)))


@pytest.mark.parametrize("is_new", [True, False])
def test_a_rule_for_changes_is_an_error_without_the_older_object(is_new: bool) -> None:
    report = Report()
    report.apply([Rule(check, in_schema="yes", is_for_changes=True)], Subject("Shoot/a", is_new))
    assert report.findings() == Findings(errors=(PROBLEM,), undecided=(PROBLEM,))


def test_what_moved_is_what_was_there_if_its_subject_says_so() -> None:
    old, new = Named("Shoot/a", False, "0"), Named("Shoot/a", False, "1")
    rule: Rule[Named] = Rule(
        lambda subject: iter([subject.problem(f"spec[{subject.detail}]", "Invalid", "is wrong")]),
        in_schema="yes",
        is_beyond_gardener=True,
    )
    report = Report()
    report.apply([rule], new, old)
    assert [problem.path for problem in report.findings().warnings] == ["spec[1]"]


def test_a_problem_found_twice_is_reported_once() -> None:
    report = Report()
    report.apply([Rule(check, in_schema="yes")] * 2, Subject("Shoot/a", is_new=True))
    assert report.findings().errors == (PROBLEM,)


def test_findings_with_errors_raise_all_of_them() -> None:
    with pytest.raises(ManifestError) as caught:
        Findings(errors=(PROBLEM, PROBLEM)).require_valid()
    assert caught.value.problems == (PROBLEM, PROBLEM)


def test_findings_with_warnings_only_are_valid() -> None:
    findings = Findings(warnings=(PROBLEM,))
    findings.require_valid()
    assert findings.is_valid

"""Rules, subjects and where problems go."""

from __future__ import annotations

from collections.abc import Iterator

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
        (True, True, Findings(errors=(PROBLEM,))),
        (True, False, Findings(warnings=(PROBLEM,))),
    ],
)
def test_only_a_rule_beyond_gardener_on_an_existing_object_is_a_warning(
    is_beyond: bool, is_new: bool, findings: Findings
) -> None:
    report = Report()
    report.apply([Rule(check, is_beyond_gardener=is_beyond)], Subject("Shoot/a", is_new))
    assert report.findings() == findings


def test_a_problem_found_twice_is_reported_once() -> None:
    report = Report()
    report.apply([Rule(check), Rule(check)], Subject("Shoot/a", is_new=True))
    assert report.findings().errors == (PROBLEM,)


def test_findings_with_errors_raise_all_of_them() -> None:
    with pytest.raises(ManifestError) as caught:
        Findings(errors=(PROBLEM, PROBLEM)).require_valid()
    assert caught.value.problems == (PROBLEM, PROBLEM)


def test_findings_with_warnings_only_are_valid() -> None:
    findings = Findings(warnings=(PROBLEM,))
    findings.require_valid()
    assert findings.is_valid

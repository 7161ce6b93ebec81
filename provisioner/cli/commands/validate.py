"""`provision validate`: check manifests without any cloud contact."""

from __future__ import annotations

import argparse

from provisioner.cli.console import Console
from provisioner.cli.inputs import read_manifests
from provisioner.errors import ManifestError, Problem

_INVALID = 3


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Print every problem; exit 0 when there are no errors, else 3."""
    from provisioner.validation import validate

    errors: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()
    try:
        manifests = read_manifests(arguments.files)
    except ManifestError as error:
        errors = error.problems
    else:
        findings = validate(manifests)
        errors, warnings = findings.errors, findings.warnings
    console.document(
        {
            "valid": not errors,
            "errors": [problem.as_dict() for problem in errors],
            "warnings": [problem.as_dict() for problem in warnings],
        }
    )
    if console.is_text:
        for warning in warnings:
            console.warn(warning)
        if errors:
            console.error(ManifestError(errors))
            count = len(errors)
            console.note(f"{count} error{'s' if count != 1 else ''} found")
        else:
            console.note("valid")
    return _INVALID if errors else 0

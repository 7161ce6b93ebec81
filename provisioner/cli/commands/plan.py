"""`provision plan`: show what apply would change."""

from __future__ import annotations

import argparse

from provisioner.cli.console import Console
from provisioner.cli.inputs import run_targets
from provisioner.cli.process import Process
from provisioner.reports.documents import planned_document
from provisioner.workflows.plan import plan_target

_HAS_CHANGES = 2


def run(arguments: argparse.Namespace, console: Console, process: Process) -> int:
    """Print the plans; exit 0 when nothing would change, 2 when something would."""
    results, exit_code = run_targets(arguments, console, process, plan_target, planned_document)
    if exit_code:
        return exit_code
    has_changes = any(result.has_changes for result in results)
    if not has_changes:
        console.line("No changes.")
    return _HAS_CHANGES if has_changes else 0

"""`provision plan`: show what apply would change."""

from __future__ import annotations

import argparse
from typing import Any

from provisioner.cli.console import Console
from provisioner.cli.inputs import run_targets
from provisioner.runner import Plan
from provisioner.workflows.plan import Planned, plan_target

_HAS_CHANGES = 2


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Print the plans; exit 0 when nothing would change, 2 when something would."""
    results, exit_code = run_targets(arguments, console, plan_target, _describe)
    if exit_code:
        return exit_code
    has_changes = any(result.has_changes for result in results)
    if not has_changes:
        console.text("No changes.\n")
    return _HAS_CHANGES if has_changes else 0


def _describe(result: Planned) -> dict[str, Any]:
    document: dict[str, Any] = {"technicalID": result.technical_id, "hasChanges": result.has_changes}
    if result.infrastructure is not None:
        document["infrastructure"] = plan_document(result.infrastructure)
    if result.worker is not None:
        document["worker"] = plan_document(result.worker)
    return document


def plan_document(plan: Plan) -> dict[str, Any]:
    """Return a root's plan as `-o json` prints it."""
    return {
        "hasChanges": plan.has_changes,
        "changes": [change.as_dict() for change in plan.changes],
        "drift": [change.as_dict() for change in plan.drift],
    }

"""`provision plan`: show what apply would change."""

from __future__ import annotations

import argparse
from typing import Any

from provisioner.cli.console import Console
from provisioner.cli.inputs import run_targets
from provisioner.cli.process import Process
from provisioner.runner import Plan
from provisioner.workflows.plan import Planned, plan_target

_HAS_CHANGES = 2


def run(arguments: argparse.Namespace, console: Console, process: Process) -> int:
    """Print the plans; exit 0 when nothing would change, 2 when something would."""
    results, exit_code = run_targets(arguments, console, process, plan_target, _describe)
    if exit_code:
        return exit_code
    has_changes = any(result.has_changes for result in results)
    if not has_changes:
        console.line("No changes.")
    return _HAS_CHANGES if has_changes else 0


def _describe(result: Planned) -> dict[str, Any]:
    return {
        "technicalID": result.technical_id,
        "hasChanges": result.has_changes,
        "rolls": [roll.as_dict() for roll in result.rolls],
        **plan_documents(result.infrastructure, result.worker),
    }


def plan_documents(infrastructure: Plan | None, worker: Plan | None) -> dict[str, Any]:
    """Return the plans of the root modules as `-o json` prints them, by root; one that was not made is left out."""
    plans = {"infrastructure": infrastructure, "worker": worker}
    return {root: _describe_plan(plan) for root, plan in plans.items() if plan is not None}


def _describe_plan(plan: Plan) -> dict[str, Any]:
    return {
        "hasChanges": plan.has_changes,
        "changes": [change.as_dict() for change in plan.changes],
        "drift": [change.as_dict() for change in plan.drift],
    }

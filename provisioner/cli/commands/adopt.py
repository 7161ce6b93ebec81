"""`provision adopt`: show what the cloud holds of a shoot and no state lists, and record it."""

from __future__ import annotations

import argparse
from typing import Any

from provisioner.cli.commands.plan import plan_documents
from provisioner.cli.console import Console, to_table
from provisioner.cli.inputs import run_targets
from provisioner.cli.process import Process
from provisioner.cloud import CloudResource
from provisioner.inputs import ShootInput
from provisioner.run.adoption.ownership import Claim
from provisioner.run.context import Context
from provisioner.workflows.adopt import Found, adopt_target

_FOUND = 2
_WHY = {
    "owner tag": "owner tag",
    "owner in the description": "owner in the description",
    "parent": "part of what is this shoot's",
    "noted by a run": "noted by a run that was killed",
    "none": "no proof: cluster tag, name or manifest only",
}


def run(arguments: argparse.Namespace, console: Console, process: Process) -> int:
    """Print what was found; exit 2 when something was and is not recorded, or is for the operator, 0 otherwise."""

    def work(context: Context, target: ShootInput) -> Found:
        return adopt_target(context, target, records=arguments.yes)

    results, exit_code = run_targets(arguments, console, process, work, _describe)
    for result in results:
        console.lines(_lines(result))
    if exit_code:
        return exit_code
    is_open = any(_is_open(result) for result in results) and not arguments.yes
    return _FOUND if is_open or any(result.doubles for result in results) else 0


def _is_open(result: Found) -> bool:
    return bool(result.claims or result.strangers) and not result.is_recorded


def _lines(result: Found) -> list[str]:
    if not result.claims and not result.strangers and not result.doubles:
        return [f"{result.technical_id}: the cloud holds nothing that is in no state"]
    rows = [
        (claim.resource.type, claim.resource.id, claim.resource.name, str(claim.address), _why(claim))
        for claim in result.claims
    ]
    rows += [(it.type, it.id, it.name, "", "no proof, and one too many: left alone") for it in result.strangers]
    rows += [
        (it.resource.type, it.resource.id, it.resource.name, "", f"a double: left alone, it {it.reason}")
        for it in result.doubles
    ]
    table = to_table(("TYPE", "ID", "NAME", "ADDRESS", "WHY"), rows)
    if result.is_recorded:
        # Each was named when it was recorded.
        return [f"{result.technical_id}: {len(result.claims)} recorded under {result.entry_name}/provisioner/"]
    if not result.claims:
        return [*table, f"{result.technical_id}: nothing of this can be recorded"]
    return [*table, f"{result.technical_id}: {len(result.claims)} in no state; `provision adopt --yes` records them"]


def _why(claim: Claim) -> str:
    return f"{_WHY[claim.proof]}{', a double: will be deleted' if claim.is_surplus else ''}"


def _describe(result: Found) -> dict[str, Any]:
    return {
        "technicalID": result.technical_id,
        "entryName": result.entry_name,
        "recorded": result.is_recorded,
        "found": [
            {
                **_resource(claim.resource),
                "address": str(claim.address),
                "root": claim.root,
                "proof": claim.proof,
                "surplus": claim.is_surplus,
            }
            for claim in result.claims
        ],
        "leftAlone": [_resource(stranger) for stranger in result.strangers],
        "doubles": [
            {**_resource(it.resource), "address": str(it.address), "reason": it.reason} for it in result.doubles
        ],
        **plan_documents(result.infrastructure, result.worker),
    }


def _resource(resource: CloudResource) -> dict[str, str]:
    return {"type": resource.type, "id": resource.id, "name": resource.name}

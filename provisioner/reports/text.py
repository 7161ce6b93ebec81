"""
Lines of text.

Names, hosts and what a cloud or terraform says come from outside. None of them may look like something that this
program says, or act on a terminal: what is printed is made of lines, and each is made printable as a whole. So a line
break in the output is one that the program has put there, between two lines.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from provisioner.api.text import is_printable, printable
from provisioner.errors import ProvisionError

if TYPE_CHECKING:
    from pathlib import Path

    from provisioner.ids import Root
    from provisioner.run.adoption.ownership import Claim
    from provisioner.run.shoot_status import ShootStatus
    from provisioner.runner import Event, Plan
    from provisioner.workflows.adopt import Found
    from provisioner.workflows.apply import Applied
    from provisioner.workflows.destroy import Destroyed
    from provisioner.workflows.render import Rendered

_SYMBOLS = {"create": "+", "update": "~", "delete": "-", "replace": "±", "import": "<", "move": ">", "forget": "."}
_STARTED = {"create": "creating", "update": "changing", "delete": "destroying", "replace": "replacing"}
_DONE = {"create": "created", "update": "changed", "delete": "destroyed", "replace": "replaced"}
_WHY = {
    "owner tag": "owner tag",
    "owner in the description": "owner in the description",
    "parent": "part of what is this shoot's",
    "noted by a run": "noted by a run that was killed",
    "none": "no proof: cluster tag, name or manifest only",
}


def to_lines(lines: Iterable[str]) -> str:
    """Return lines as text: each made printable, so that it is one, and ended."""
    return "".join(f"{printable(line)}\n" for line in lines)


def to_table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Return the lines of an aligned table, as kubectl prints it."""
    table = [tuple(headings), *(tuple(printable(cell) for cell in row) for row in rows)]
    widths = [max(len(row[column]) for row in table) for column in range(len(headings))]
    return ["   ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in table]


def to_ascii(json_text: str) -> str:
    """Return what json.dumps has made ASCII without the one control that it leaves as it is."""
    return json_text.replace("\x7f", "\\u007f")


def printable_json(body: bytes) -> str:
    """Return a JSON document that says the same, with what is not printable escaped as JSON does it."""
    text = body.decode(errors="backslashreplace")
    return "".join(char if char == "\n" or is_printable(char) else to_ascii(json.dumps(char)[1:-1]) for char in text)


def error_lines(error: ProvisionError) -> list[str]:
    """Return an error as lines: one per problem, what was found out later, then Gardener's codes."""
    lines = [*(f"error: {problem}" for problem in error.problems), *error_notes(error)]
    return [*lines, f"error codes: {', '.join(error.codes)}"] if error.codes else lines


def error_notes(error: ProvisionError) -> list[str]:
    """Return what was found out about an error after it was raised, for example that cleaning up after it failed."""
    return list(getattr(error, "__notes__", ()))


def rendered_lines(result: Rendered, folder: Path, *, with_secrets: bool) -> list[str]:
    """Return the files that were rendered, and which user data was left out of them."""
    lines = [str(folder / name) for name in sorted(result.files)]
    if with_secrets:
        return lines
    left_out = result.user_data_sha256.items()
    return [*lines, *(f"user data of pool {pool} left out, SHA-256 {digest}" for pool, digest in left_out)]


def plan_lines(root: Root, plan: Plan, *, is_preliminary: bool) -> list[str]:
    """Return a plan as lines: a summary, then one line per resource."""
    name = root[:1].upper() + root[1:]
    if not plan.has_changes:
        return [f"{name}: no changes"]
    counts = ", ".join(
        f"{plan.count(action)} to {verb}"
        for action, verb in (("create", "add"), ("update", "change"), ("delete", "destroy"), ("import", "import"))
        if plan.count(action) or action != "import"
    )
    remark = "; ids that do not exist yet are known after Infrastructure" if is_preliminary else ""
    lines = [f"{name}: {counts}{remark}"]
    for change in plan.changes:
        reason = f"  ({change.reason.replace('_', ' ')})" if change.reason else ""
        lines.append(f"  {_SYMBOLS.get(change.action, '?')} {change.address}{reason}")
    if not plan.changes:
        lines.append("  only outputs change")
    return lines


def event_line(event: Event) -> str | None:
    """Return the line for a finished or failed resource; None for other events."""
    hook: Any = event.record.get("hook")
    if not isinstance(hook, dict) or event.type not in ("apply_complete", "apply_errored"):
        return None
    if event.type == "apply_errored":
        return f"  failed {_STARTED.get(event.action, event.action)} {event.address}"
    id_ = f" [{hook['id_value']}]" if hook.get("id_value") else ""
    seconds = hook.get("elapsed_seconds") or 0
    duration = f" after {seconds} s" if seconds else ""
    return f"  {_DONE.get(event.action, event.action)} {event.address}{id_}{duration}"


def applied_lines(result: Applied) -> list[str]:
    """Return what an apply says before the statuses: that nothing changed, or which machines are rolling."""
    if not result.changed and not result.rolling:
        return [f"{result.status.technical_id}: no changes"]
    return [
        f"rolling {roll.pool} in {roll.zone}: {roll.machines} machines, task {roll.task}" for roll in result.rolling
    ]


def status_lines(status: ShootStatus) -> list[str]:
    """Return what a status says before its manifests: that there are none, or nothing."""
    is_empty = status.infrastructure is None and status.worker is None
    return [f"{status.technical_id}: nothing is applied"] if is_empty else []


def destroyed_line(result: Destroyed) -> str:
    """Return how much a destroy has taken away."""
    total = sum(result.destroyed.values())
    gone = sum(result.gone.values())
    nothing = f"all {gone} objects were gone already" if gone else "nothing left to destroy"
    what = f"{total} resources destroyed" if total else nothing
    history = f"; the history stays under {result.entry_name}/provisioner/" if result.has_history else ""
    return f"{result.technical_id}: {what}{history}"


def found_lines(result: Found) -> list[str]:
    """Return what the cloud holds beyond the states: a table, and what becomes of it."""
    if not result.claims and not result.strangers and not result.surplus:
        return [f"{result.technical_id}: the cloud holds nothing that is in no state"]
    rows = [
        (claim.resource.type, claim.resource.id, claim.resource.name, str(claim.address), _why(claim))
        for claim in result.claims
    ]
    rows += [
        (stranger.type, stranger.id, stranger.name, "", "no proof, and one too many: left alone")
        for stranger in result.strangers
    ]
    rows += [
        (
            extra.resource.type,
            extra.resource.id,
            extra.resource.name,
            "",
            f"surplus: left alone, it {extra.reason}",
        )
        for extra in result.surplus
    ]
    table = to_table(("TYPE", "ID", "NAME", "ADDRESS", "WHY"), rows)
    if result.is_recorded:
        # Each was named when it was recorded.
        return [f"{result.technical_id}: {len(result.claims)} recorded under {result.entry_name}/provisioner/"]
    if not result.claims:
        return [*table, f"{result.technical_id}: nothing of this can be recorded"]
    return [*table, f"{result.technical_id}: {len(result.claims)} in no state; `provision adopt --yes` records them"]


def _why(claim: Claim) -> str:
    return f"{_WHY[claim.proof]}{', surplus: will be deleted' if claim.is_surplus else ''}"

"""Adopt: say what the cloud holds of a shoot and no state lists, and record it when the operator says so."""

from __future__ import annotations

from dataclasses import dataclass, replace

from provisioner.cloud import CloudResource
from provisioner.ids import INFRASTRUCTURE, ROOTS, WORKER, EntryName, TechnicalId
from provisioner.inputs import ShootInput
from provisioner.run.adoption.first_look import FirstLook
from provisioner.run.adoption.ownership import Claim, Double
from provisioner.run.adoption.record import adopt
from provisioner.run.context import Context
from provisioner.run.held_root import HeldRoot
from provisioner.run.session import Session
from provisioner.run.shoot_run import ShootRun, hold_shoot, is_worker_preliminary
from provisioner.runner import Plan
from provisioner.state.chain import is_lost

_LOOKS = 3


@dataclass(frozen=True, slots=True)
class Found:
    """What the cloud holds of a target beyond its states."""

    technical_id: TechnicalId
    entry_name: EntryName
    claims: tuple[Claim, ...]
    """What was recorded, or would be."""
    strangers: tuple[CloudResource, ...]
    """What could be the shoot's, but is left alone even so: it is one too many, and nothing proves whose it is."""
    doubles: tuple[Double, ...]
    """What is the shoot's and one too many, and no run takes away."""
    is_recorded: bool
    infrastructure: Plan | None = None
    """What apply would do now; None when nothing was recorded, or this root is not part of the input."""
    worker: Plan | None = None


def adopt_target(context: Context, target: ShootInput, *, records: bool) -> Found:
    """
    Look for what exists and is in no state; with `records` write it into the states, and plan.

    What carries the cluster's tag or one of the shoot's names is taken for the shoot's, unless it carries the tag of
    another owner.

    Raises:
        ManifestError, StateError, StateLockedError, CloudError, TerraformError, InterruptedRunError
    """
    session = Session.open(context, target, create_bucket=False)
    ownership = FirstLook(session).require_own_entry()
    wanted = {INFRASTRUCTURE: target.infrastructure is not None, WORKER: target.worker is not None}
    claims = tuple(claim for claim in ownership.claims if wanted[claim.root])
    technical_id = target.identity.technical_id
    # Before a lease is taken: its first event would found an entry for a shoot that is not there. A state of which
    # nothing is left begins anew even if there is nothing to record.
    starts_over = records and any(is_lost(session.log(root)) for root in ROOTS if wanted[root])
    if not records or not (claims or starts_over):
        return Found(
            technical_id, session.entry_name, claims, ownership.strangers, ownership.doubles, is_recorded=False
        )
    for warning in target.warnings:
        context.reporter.warn(warning)
    # What is connected already is not connected once more.
    connected = replace(context, connect=lambda *_: session.access)
    with hold_shoot(connected, target, "adopt", creates=False) as run:
        recorded = _record(run)
        context.reporter.step("reading what was found")
        for root in run.roots:
            root.write(is_preliminary=True)
            if not root.root.is_new:
                root.root.complete()
        plans = run.plan()
        for name, plan in plans.items():
            context.reporter.plan(name, plan, is_preliminary=is_worker_preliminary(name, plans))
    return Found(
        technical_id,
        session.entry_name,
        recorded,
        ownership.strangers,
        ownership.doubles,
        is_recorded=True,
        infrastructure=plans.get(INFRASTRUCTURE),
        worker=plans.get(WORKER),
    )


def _record(run: ShootRun[HeldRoot]) -> tuple[Claim, ...]:
    """Record until a look finds nothing more, and vouch for it: calls of a killed run may still take effect."""
    recorded: list[Claim] = []
    roots = [root.root for root in run.roots]
    for _ in range(_LOOKS):
        looked_at = run.session.store.now()
        found = adopt(run.session, roots, includes_unproven=True)
        recorded += found.claims
        if not found.claims:
            # What stays although it is one too many is for the next run to name, too.
            for root in roots if not found.ownership.doubles and not found.postponed else ():
                root.vouch(looked_at)
            break
    return tuple(recorded)

"""Adopt: list objects of a shoot that no state lists, and record them if the operator says so."""

from __future__ import annotations

from dataclasses import dataclass, replace

from provisioner.cloud import CloudResource
from provisioner.ids import INFRASTRUCTURE, ROOTS, WORKER, EntryName, TechnicalId
from provisioner.inputs import ShootInput
from provisioner.run.adoption.first_look import FirstLook
from provisioner.run.adoption.ownership import Claim, Surplus
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
    """The objects of a target that no state lists."""

    technical_id: TechnicalId
    entry_name: EntryName
    claims: tuple[Claim, ...]
    """Objects that the run recorded, or would record."""
    strangers: tuple[CloudResource, ...]
    """Surplus objects that may be the shoot's, without proof. The run leaves them alone."""
    surplus: tuple[Surplus, ...]
    """Surplus objects of the shoot that no run deletes."""
    is_recorded: bool
    infrastructure: Plan | None = None
    """What apply would do now; None when the run recorded nothing, or the input does not have this root."""
    worker: Plan | None = None


def adopt_target(context: Context, target: ShootInput, *, records: bool) -> Found:
    """
    Look for objects that exist and are in no state; with `records` write them into the states, and plan.

    Objects with the cluster's tag or one of the shoot's names count as the shoot's, unless they carry another owner's
    tag.

    Raises:
        ManifestError, StateError, StateLockedError, CloudError, TerraformError, InterruptedRunError
    """
    session = Session.open(context, target, create_bucket=False)
    ownership = FirstLook(session).require_own_entry()
    wanted = {INFRASTRUCTURE: target.infrastructure is not None, WORKER: target.worker is not None}
    claims = tuple(claim for claim in ownership.claims if wanted[claim.root])
    technical_id = target.identity.technical_id
    # Before taking a lease: its first event would make an entry for a shoot that does not exist. A state without any
    # usable version starts over even if there is nothing to record.
    starts_over = records and any(is_lost(session.log(root)) for root in ROOTS if wanted[root])
    if not records or not (claims or starts_over):
        return Found(
            technical_id, session.entry_name, claims, ownership.strangers, ownership.surplus, is_recorded=False
        )
    for warning in target.warnings:
        context.reporter.warn(warning)
    # The session is connected already.
    connected = replace(context, connect=lambda *_: session.access)
    with hold_shoot(connected, target, "adopt", creates=False) as run:
        recorded = _record(run)
        context.reporter.step("reading the recorded objects from the cloud")
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
        ownership.surplus,
        is_recorded=True,
        infrastructure=plans.get(INFRASTRUCTURE),
        worker=plans.get(WORKER),
    )


def _record(run: ShootRun[HeldRoot]) -> tuple[Claim, ...]:
    """Record until a look finds nothing more, and vouch for that: calls of a killed run may still take effect."""
    recorded: list[Claim] = []
    roots = [root.root for root in run.roots]
    for _ in range(_LOOKS):
        looked_at = run.session.store.now()
        found = adopt(run.session, roots, includes_unproven=True)
        recorded += found.claims
        if not found.claims:
            # The next run has to name surplus objects that stay, too.
            for root in roots if not found.ownership.surplus and not found.postponed else ():
                root.vouch(looked_at)
            break
    return tuple(recorded)

"""
Destroy: take away everything the state holds of a shoot, the Worker first.

It needs identity, region, credentials and the bucket, nothing else: the root module of a destroy is the provider
alone, and terraform destroys what is in the state without any configuration. A manifest that became invalid does not
keep a shoot alive.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from provisioner.cloud import CloudResource, delete_load_balancer, find_load_balancers
from provisioner.errors import CloudError, ManifestError, Problem, StateError
from provisioner.ids import INFRASTRUCTURE, WORKER, EntryName, Root, TechnicalId
from provisioner.inputs import ShootInput
from provisioner.render import render_root
from provisioner.run.adoption.first_look import FirstLook
from provisioner.run.adoption.ownership import Claim
from provisioner.run.adoption.record import describe, look, root_of
from provisioner.run.apply_loop import ApplyLoop
from provisioner.run.checks.destructive_changes import count_gone
from provisioner.run.context import Context
from provisioner.run.held_root import HeldRoot
from provisioner.run.roots import prepared_roots
from provisioner.run.session import Session
from provisioner.run.shoot_root import ShootRoot
from provisioner.runner import Plan
from provisioner.state.chain import newest_event
from provisioner.tfstate import Address, State
from provisioner.translate.resource_types import SCALING_CONFIGURATION, SCALING_GROUP, VSWITCH


@dataclass(slots=True)
class Destroyed:
    """What a destroy took away: the number of resources by root."""

    technical_id: TechnicalId
    entry_name: EntryName
    destroyed: dict[str, int] = field(default_factory=dict)
    gone: dict[str, int] = field(default_factory=dict)
    """By root: how many objects the state listed of which none existed any more."""
    adopted: tuple[Claim, ...] = ()
    """What was in no state, and was recorded to be destroyed with the rest."""
    unproven: tuple[CloudResource, ...] = ()
    """What looks like the shoot's without proof, and was left alone."""
    load_balancers: list[CloudResource] = field(default_factory=list)
    """What the shoot's Services had left behind, and was deleted."""


def destroy_target(context: Context, target: ShootInput, *, waits: bool = True) -> Destroyed:
    """
    Destroy one target.

    After a run that was cut off it `waits` until nothing of that can appear any more, or ends with an error.

    Raises:
        ManifestError: workers still use an infrastructure that alone was to be destroyed.
        StateError: there is no state of this shoot, so it is not known what to destroy.
        StateLockedError, CloudError, TerraformError, ConsentError, InterruptedRunError
    """
    wanted = [name for name, part in ((INFRASTRUCTURE, target.infrastructure), (WORKER, target.worker)) if part]
    with prepared_roots(
        context,
        target,
        wanted,
        lambda name, settings: render_root("destroy", {}, settings),
        modules={},
        create_bucket=False,
    ) as prepared:
        session = prepared.session
        # Before a lease is taken: its first event would found an entry for a shoot that is not there.
        logs = [session.log(name) for name in reversed(wanted)]
        # A run that was killed before it stored its first state has left an event.
        if all(log.newest() is None for log in logs) and all(newest_event(log) is None for log in logs):
            raise _no_state(session)
        if wanted == [INFRASTRUCTURE]:
            _refuse_while_workers_exist(session)
        with prepared.held("destroy", before_first_event=lambda: None) as held:
            return _destroy(session, [_LeavingRoot(root, context) for root in reversed(held)], waits=waits)


class _LeavingRoot(ShootRoot[HeldRoot]):
    """A root module of which everything goes: the provider alone, and what the state lists."""

    def __init__(self, root: HeldRoot, context: Context) -> None:
        super().__init__(root)
        self._context = context

    def write(self, *, is_preliminary: bool = False) -> None:
        """Take from the state what goes along with its group; the provider alone stands in the root module already."""
        state = self.root.state()
        going_along = _going_with_their_groups(state)
        if going_along:
            self.root.write_state(state.without(going_along))

    def check(self, plan: Plan) -> None:
        """Accept any plan: the whole shoot is meant."""

    def plan(self, *, is_preliminary: bool = False) -> Plan:
        """Return what goes, and show it."""
        self.write()
        plan = self.root.plan(destroy=True)
        self._context.reporter.plan(self.name, plan, is_preliminary=False)
        return plan


def _destroy(session: Session, roots: list[_LeavingRoot], *, waits: bool) -> Destroyed:
    """Show what goes, ask, and take it away, the Worker first."""
    context, target = session.context, session.target
    result = Destroyed(target.identity.technical_id, session.entry_name)
    wanted = [root.name for root in roots]
    loop = ApplyLoop(session, roots, destroys=True)
    # What a state does not list proves nothing: some or all of it may have been lost, or removed by hand.
    loop.adopt()
    if wanted == [INFRASTRUCTURE]:
        _refuse_while_workers_are_in_it(session, loop)
    plans: dict[Root, Plan] = {}
    for root in roots:
        if root.root.is_new:
            continue
        listed = root.root.state()
        plans[root.name] = root.plan()
        if gone := count_gone(listed, plans[root.name], destroys=True):
            result.gone[root.name] = gone
    balancers = _find_load_balancers(session, roots)
    if balancers or any(plan.changes for plan in plans.values()):
        name = target.identity.shoot_name
        context.require_consent(f"This cannot be undone. Type the shoot's name ({name}) to destroy it:", name, target)
    for balancer in balancers:
        context.interruption.check()
        context.reporter.step(f"deleting load balancer {balancer.id}")
        delete_load_balancer(session.client, balancer)
        result.load_balancers.append(balancer)
    for root in roots:
        context.interruption.check()
        plan = plans.get(root.name)
        result.destroyed[root.name] = len(plan.changes) if plan is not None else 0
        if plan is not None and plan.has_changes:
            context.reporter.step(f"destroying the {root.name}")
            loop.carry_out(root, plan)
    loop.finish(always=True)
    loop.settle(waits=waits)
    loop.require_nothing_left()
    _require_nothing_left(session, loop, wanted)
    result.adopted = loop.recorded
    result.unproven = loop.unproven
    return result


def _find_load_balancers(session: Session, roots: Sequence[_LeavingRoot]) -> list[CloudResource]:
    """
    Return the load balancers that the shoot's Services left behind, after saying what will become of them.

    One that is in a vSwitch keeps it, and with it the VPC, from being deleted. That they cannot be looked for is no
    reason to keep a shoot without any.
    """
    infrastructure = next((root.root for root in roots if root.name == INFRASTRUCTURE), None)
    if infrastructure is None or infrastructure.is_new:
        return []
    vpc_ids = {
        str(instance.attributes["vpc_id"])
        for instance in infrastructure.state().instances()
        if instance.address.type == VSWITCH.type and instance.attributes.get("vpc_id")
    }
    identity, reporter = session.target.identity, session.context.reporter
    try:
        found = find_load_balancers(session.client, identity.technical_id, sorted(vpc_ids))
    except CloudError as error:
        text = f"load balancers that Services left behind cannot be looked for: {error}"
        reporter.warn(Problem(identity.reference, "", "NotLooked", text, "delete them if the destroy fails"))
        return []
    for balancer in found.own:
        reporter.step(f"load balancer {balancer.id} ({balancer.name}) is left of a Service, and goes too")
    for doubtful in found.doubtful:
        text = f"load balancer {doubtful.resource.id} ({doubtful.resource.name}) is left alone: {doubtful.reason}"
        reporter.warn(Problem(identity.reference, "", "LeftAlone", text, "it may keep its vSwitch from being deleted"))
    return list(found.own)


def _no_state(session: Session) -> StateError:
    """Return the error of a shoot without state; it lists what the cloud holds of it all the same."""
    target = session.target
    FirstLook(session).require_own_entry()
    ownership, _ = look(session, (), takes_doubles=True)
    left = [describe(claim.resource) for claim in ownership.claims] + [describe(it) for it in ownership.strangers]
    others = [f"{describe(it.resource)} of entry {it.owner}" for it in ownership.foreign]
    known = _listed(left + others)
    what = f"; the cloud holds {known}" if known else "; the cloud holds nothing that carries its name or tags"
    return StateError(
        f"there is no state of {target.identity.technical_id} in {session.store.describe()} under "
        f"{session.entry_name}/provisioner/, so nothing is known that could be destroyed{what}",
        object=target.identity.reference,
        fix="check bucket, uid and technical ID; `provision adopt` takes into a state what is this shoot's"
        if left
        else "check bucket, uid and technical ID",
    )


def _require_nothing_left(session: Session, loop: ApplyLoop, wanted: list[Root]) -> None:
    """
    Do not report success while something of what was to be destroyed exists.

    Raises:
        StateError: something does; it is listed.
    """
    strangers = loop.adopted[-1].ownership.strangers
    left = [describe(it) for it in strangers if root_of(it) in wanted]
    if left:
        raise StateError(
            f"everything that the states listed is destroyed, but the cloud still holds {_listed(left)}, which looks "
            "like this shoot's and is in no state",
            object=session.target.identity.reference,
            type="LeftBehind",
            fix="see what it is; `provision adopt --yes` takes it into the state, then destroy again",
        )


def _listed(names: list[str]) -> str:
    return ", ".join(names)


def _going_with_their_groups(state: State) -> set[Address]:
    """
    Return where there are scaling configurations that only their group can take along, with its machines.

    A configuration that is not its group's only one (a tainted one and its successor) cannot be deleted while machines
    made from it run. A `removed` block would say the same, but OpenTofu before 1.10 does not know its
    `destroy = false`.
    """
    instances = state.instances()
    groups = {it.address.module for it in instances if it.address.type == SCALING_GROUP.type}
    return {
        it.address.block
        for it in instances
        if it.address.type == SCALING_CONFIGURATION.type
        and (it.is_tainted or it.is_deposed)
        and it.address.module in groups
    }


def _refuse_while_workers_exist(session: Session) -> None:
    if not session.stored_state(WORKER).is_empty:
        raise ManifestError.single(
            session.target.identity.reference,
            "",
            "Forbidden",
            "the state still holds workers of this shoot, which use the infrastructure",
            "destroy the Worker first, then the Infrastructure",
        )


def _refuse_while_workers_are_in_it(session: Session, loop: ApplyLoop) -> None:
    """
    Refuse to destroy an infrastructure that unrecorded workers still use: the cloud's refusal would come half-way.

    Raises:
        ManifestError: there are such.
    """
    found = loop.adopted[-1]
    resources = [*(claim.resource for claim in found.elsewhere), *found.ownership.strangers]
    workers = [describe(it) for it in resources if root_of(it) == WORKER]
    if workers:
        raise ManifestError.single(
            session.target.identity.reference,
            "",
            "Forbidden",
            f"the cloud holds workers that use the infrastructure and are in no state: {_listed(workers)}",
            "destroy the Worker first; `provision adopt --yes` takes into its state what is this shoot's",
        )

"""
Destroy: delete everything that the states list of a shoot, the Worker first.

It only needs identity, region, credentials and the bucket: the root module of a destroy has only the provider, and
terraform destroys everything in the state without any configuration. So an invalid manifest does not prevent a destroy.
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
    """The result of a destroy: the number of destroyed resources by root, and more."""

    technical_id: TechnicalId
    entry_name: EntryName
    destroyed: dict[str, int] = field(default_factory=dict)
    gone: dict[str, int] = field(default_factory=dict)
    """By root: how many objects the state listed, if none of them existed any more."""
    adopted: tuple[Claim, ...] = ()
    """Objects that were in no state, and that the run recorded and destroyed with the rest."""
    unproven: tuple[CloudResource, ...] = ()
    """Objects that look like the shoot's, without proof; the run left them alone."""
    has_history: bool = True
    """Whether there ever was a state of the shoot."""
    load_balancers: list[CloudResource] = field(default_factory=list)
    """Load balancers that the shoot's Services had left behind, and that the run deleted."""


def destroy_target(context: Context, target: ShootInput, *, waits: bool = True) -> Destroyed:
    """
    Destroy one target.

    After a run that was cut off this `waits` until none of its objects can appear any more, or ends with an error.

    Raises:
        ManifestError: the input has only the Infrastructure, and workers still use it.
        StateError: there is no state of this shoot, so it is unknown what to destroy.
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
        # Before taking a lease: its first event would make an entry for a shoot that does not exist.
        logs = [session.log(name) for name in reversed(wanted)]
        # If a run was killed before it stored its first state, the log has an event.
        if all(log.newest() is None for log in logs) and all(newest_event(log) is None for log in logs):
            return _without_state(session)
        if wanted == [INFRASTRUCTURE]:
            _refuse_while_workers_exist(session)
        with prepared.held("destroy", before_first_event=lambda: None, in_turn=True) as held:
            return _destroy(session, [_LeavingRoot(root, context) for root in reversed(held)], waits=waits)


class _LeavingRoot(ShootRoot[HeldRoot]):
    """A root module for a destroy: it has only the provider, so terraform deletes everything that the state lists."""

    def __init__(self, root: HeldRoot, context: Context) -> None:
        super().__init__(root)
        self._context = context

    def write(self, *, is_preliminary: bool = False) -> None:
        """Remove from the state the objects that go with their group; the root module already has only the provider."""
        state = self.root.state()
        going_along = _going_with_their_groups(state)
        if going_along:
            self.root.write_state(state.without(going_along))

    def check(self, plan: Plan) -> None:
        """Accept any plan: the whole shoot goes."""

    def plan(self, *, is_preliminary: bool = False) -> Plan:
        """Plan the destroy, show the plan and return it."""
        self.write()
        plan = self.root.plan(destroy=True)
        self._context.reporter.plan(self.name, plan, is_preliminary=False)
        return plan


def _destroy(session: Session, roots: list[_LeavingRoot], *, waits: bool) -> Destroyed:
    """Show what goes, ask, and delete it, the Worker first."""
    context, target = session.context, session.target
    result = Destroyed(target.identity.technical_id, session.entry_name)
    wanted = [root.name for root in roots]
    loop = ApplyLoop(session, roots, destroys=True)
    # An object may exist although no state lists it: a state may have been lost, or changed by hand.
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
    Return the load balancers that the shoot's Services left behind, and announce what the run does with each.

    A load balancer in a vSwitch prevents the deletion of the vSwitch and its VPC. If the look fails, this only warns: a
    shoot may not have any.
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
        text = f"cannot look for load balancers that Services left behind: {error}"
        reporter.warn(Problem(identity.reference, "", "NotLooked", text, "delete them if the destroy fails"))
        return []
    for balancer in found.own:
        reporter.step(f"a Service left load balancer {balancer.id} ({balancer.name}) behind: it will be deleted, too")
    for doubtful in found.doubtful:
        text = f"load balancer {doubtful.resource.id} ({doubtful.resource.name}) is left alone: {doubtful.reason}"
        reporter.warn(Problem(identity.reference, "", "LeftAlone", text, "it may prevent the deletion of its vSwitch"))
    return list(found.own)


def _without_state(session: Session) -> Destroyed:
    """
    Return the result for a Shoot without workers that has left nothing in the cloud.

    Raises:
        StateError: there is no state of the shoot; the message lists what the cloud holds of it.
    """
    target = session.target
    FirstLook(session).require_own_entry()
    ownership, _ = look(session, (), takes_surplus=True)
    left = [describe(claim.resource) for claim in ownership.claims]
    left += [describe(stranger) for stranger in ownership.strangers]
    others = [f"{describe(foreign.resource)} of entry {foreign.owner}" for foreign in ownership.foreign]
    known = _listed(left + others)
    if target.asks_for_nothing and not known:
        return Destroyed(target.identity.technical_id, session.entry_name, has_history=False)
    what = f"; the cloud holds {known}" if known else "; the cloud holds nothing that carries its name or tags"
    raise StateError(
        f"there is no state of {target.identity.technical_id} in {session.store.describe()} under "
        f"{session.entry_name}/provisioner/, so it is unknown what to destroy{what}",
        object=target.identity.reference,
        fix="check bucket, uid and technical ID; `provision adopt` records this shoot's objects in a state"
        if left
        else "check bucket, uid and technical ID",
    )


def _require_nothing_left(session: Session, loop: ApplyLoop, wanted: list[Root]) -> None:
    """
    Accept a destroy after which nothing exists that looks like the shoot's.

    Raises:
        StateError: some objects do; the message lists them.
    """
    strangers = loop.adopted[-1].ownership.strangers
    left = [describe(stranger) for stranger in strangers if root_of(stranger) in wanted]
    if left:
        raise StateError(
            "everything that the states listed is destroyed, but the cloud still holds objects that look like this "
            f"shoot's and are in no state: {_listed(left)}",
            object=session.target.identity.reference,
            type="LeftBehind",
            fix="check what they are; `provision adopt --yes` records them in the state, then destroy again",
        )


def _listed(names: list[str]) -> str:
    return ", ".join(names)


def _going_with_their_groups(state: State) -> set[Address]:
    """
    Return the addresses of scaling configurations that can only be deleted together with their group and its machines.

    Auto Scaling refuses to delete a configuration that is not its group's only one (a tainted one and its successor)
    while machines made from it run. A `removed` block would do the same, but OpenTofu before 1.10 does not know its
    `destroy = false`.
    """
    instances = state.instances()
    groups = {instance.address.module for instance in instances if instance.address.type == SCALING_GROUP.type}
    return {
        instance.address.block
        for instance in instances
        if instance.address.type == SCALING_CONFIGURATION.type
        and (instance.is_tainted or instance.is_deposed)
        and instance.address.module in groups
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
        ManifestError: there are such workers.
    """
    found = loop.adopted[-1]
    resources = [*(claim.resource for claim in found.elsewhere), *found.ownership.strangers]
    workers = [describe(resource) for resource in resources if root_of(resource) == WORKER]
    if workers:
        raise ManifestError.single(
            session.target.identity.reference,
            "",
            "Forbidden",
            f"the cloud holds workers that use the infrastructure and are in no state: {_listed(workers)}",
            "destroy the Worker first; `provision adopt --yes` records this shoot's objects in its state",
        )

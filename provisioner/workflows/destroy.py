"""
Destroy: take away everything the state holds of a shoot, the Worker first.

It needs identity, region, credentials and the bucket, nothing else: the root module of a destroy is the provider
alone, and terraform destroys what is in the state without any configuration. A manifest that became invalid does not
keep a shoot alive.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from provisioner.cloud import CloudResource, delete_load_balancer, find_load_balancers
from provisioner.errors import CloudError, ManifestError, Problem, StateError
from provisioner.ids import INFRASTRUCTURE, WORKER, EntryName, Root, TechnicalId
from provisioner.inputs import ShootInput
from provisioner.render import render_root
from provisioner.run.adoption.first_look import FirstLook
from provisioner.run.adoption.record import describe, look, root_of
from provisioner.run.apply_loop import Convergence
from provisioner.run.checks.destructive_changes import count_gone
from provisioner.run.context import Context
from provisioner.run.root_run import PreparedRoot, RootRun, releasing
from provisioner.run.session import Session, provider_settings
from provisioner.run.working_copy.workspace import Workspace
from provisioner.runner import Plan, find_engine
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
    adopted: list[dict[str, str]] = field(default_factory=list)
    """Type, id and address of what was in no state, and was recorded to be destroyed with the rest."""
    unproven: list[dict[str, str]] = field(default_factory=list)
    """Type, id and name of what looks like the shoot's without proof, and was left alone."""
    load_balancers: list[dict[str, str]] = field(default_factory=list)
    """Id and name of what the shoot's Services had left behind, and was deleted."""


def destroy_target(context: Context, target: ShootInput, *, asks: bool, waits: bool = True) -> Destroyed:
    """
    Destroy one target.

    After a run that was cut off it `waits` until nothing of that can appear any more, or ends with an error.

    Raises:
        ManifestError: workers still use an infrastructure that alone was to be destroyed.
        StateError: there is no state of this shoot, so nobody knows what to destroy.
        StateLockedError, CloudError, TerraformError, ConsentError, InterruptedRunError
    """
    settings = context.settings
    engine = find_engine(settings.terraform, context.environ, settings.cache_root())
    access = context.connect_to(target)
    wanted: list[Root] = [
        name for name, part in ((WORKER, target.worker), (INFRASTRUCTURE, target.infrastructure)) if part
    ]
    with (
        Workspace(settings.work_root(), target.identity.technical_id, context.machine) as workspace,
        ThreadPoolExecutor(max_workers=3) as executor,
    ):
        files = render_root("destroy", {}, provider_settings(target, access))
        prepared = [
            PreparedRoot.start(
                context, access, name, workspace=workspace, engine=engine, executor=executor, files=files
            )
            for name in wanted
        ]
        session = Session.open(context, target, access, create_bucket=False, executor=executor)
        # Before a lease is taken: its first event would found an entry for a shoot that is not there.
        if all(session.log(name).newest() is None for name in wanted) and not _has_unfinished_run(session, wanted):
            raise _no_state(session)
        if wanted == [INFRASTRUCTURE]:
            _refuse_while_workers_exist(session)
        result = Destroyed(target.identity.technical_id, session.entry_name)
        roots = [RootRun(session, part) for part in prepared]
        with releasing(roots, executor):
            # Leases are taken in the order of apply, so that an apply and a destroy can never wait for each other.
            for root in reversed(roots):
                root.acquire("destroy")
                root.load_state()
            convergence = Convergence(session, roots, check=lambda root, plan: None, destroys=True)
            # What a state does not list proves nothing: some or all of it may have been lost, or removed by hand.
            convergence.adopt()
            if wanted == [INFRASTRUCTURE]:
                _refuse_while_workers_are_in_it(session, convergence)
            plans = []
            for root in roots:
                listed = root.state()
                plans.append(_plan(context, root))
                if gone := count_gone(listed, plans[-1], destroys=True):
                    result.gone[root.root] = gone
            balancers = _find_load_balancers(session, roots)
            if asks and (balancers or any(plan.changes for plan in plans)):
                name = target.identity.shoot_name
                context.require_consent(
                    f"This cannot be undone. Type the shoot's name ({name}) to destroy it:", name, target
                )
            for balancer in balancers:
                context.interruption.check()
                context.reporter.step(f"deleting load balancer {balancer.id}")
                delete_load_balancer(session.client, balancer)
                result.load_balancers.append({"id": balancer.id, "name": balancer.name})
            for root, plan in zip(roots, plans, strict=True):
                context.interruption.check()
                result.destroyed[root.root] = len(plan.changes)
                if plan.has_changes:
                    context.reporter.step(f"destroying the {root.root}")
                    convergence.carry_out(root, plan, root.apply)
            convergence.finish(lambda root: _plan(context, root), always=True)
            convergence.settle(lambda root: _plan(context, root), waits=waits)
            convergence.require_nothing_left()
            _require_nothing_left(session, convergence, wanted)
            result.adopted = convergence.adopted_documents()
            result.unproven = convergence.unproven_documents()
    return result


def _find_load_balancers(session: Session, roots: list[RootRun]) -> list[CloudResource]:
    """
    Return the load balancers that the shoot's Services left behind, after saying what will become of them.

    One that is in a vSwitch keeps it, and with it the VPC, from being deleted. That they cannot be looked for is no
    reason to keep a shoot without any.
    """
    infrastructure = next((root for root in roots if root.root == INFRASTRUCTURE), None)
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


def _has_unfinished_run(session: Session, roots: list[Root]) -> bool:
    """Return whether a run began here, and may have been killed before it stored its first state."""
    return any(newest_event(session.log(name)) is not None for name in roots)


def _no_state(session: Session) -> StateError:
    """Return the error of a shoot without state; it lists what the cloud holds of it all the same."""
    target = session.target
    FirstLook(session, ()).require_own_entry()
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


def _require_nothing_left(session: Session, convergence: Convergence, wanted: list[Root]) -> None:
    """
    Do not report success while something of what was to be destroyed exists.

    Raises:
        StateError: something does; it is listed.
    """
    strangers = convergence.adopted[-1].ownership.strangers
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


def _plan(context: Context, root: RootRun) -> Plan:
    if root.is_new:
        return Plan(has_changes=False, changes=())
    going_along = _going_with_their_groups(root.state())
    if going_along:
        root.write_state(root.state().without(going_along))
    plan = root.plan(destroy=True)
    context.reporter.plan(root.root, plan, is_preliminary=False)
    return plan


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


def _refuse_while_workers_are_in_it(session: Session, convergence: Convergence) -> None:
    """
    Take away nothing that machines stand on which no state lists: the refusal of the cloud would come half-way.

    Raises:
        ManifestError: there are such.
    """
    found = convergence.adopted[-1]
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

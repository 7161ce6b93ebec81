"""
Adoption: writes the shoot's objects that no state lists into the state where they belong.

A killed run, or a call whose answer was lost, leaves such objects behind. Adoption records them as instances with
little more than an id; terraform's next refresh fills them in, and its plan keeps, changes or deletes them like any
other object.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace
from typing import Any

from provisioner.cloud import CloudResource, Inventory, find_resources
from provisioner.errors import Problem
from provisioner.ids import INFRASTRUCTURE, ROOTS, Root
from provisioner.run.adoption.ownership import Claim, Ownership, Surplus, decide_ownership
from provisioner.run.adoption.scope import Scope
from provisioner.run.held_root import HeldRoot
from provisioner.run.read_root import ReadRoot
from provisioner.run.session import Session
from provisioner.run.timing import timed
from provisioner.state import read_unclean_since
from provisioner.tfstate import Address, Instance, StateDocument
from provisioner.translate.names import cluster_tag, name_prefix
from provisioner.translate.resource_types import RESOURCE_TYPES, SCALING_CONFIGURATION, SCALING_GROUP, VPC

_SOME_BASE64 = "Cg=="
"""The provider reads user data back unchanged only if its state has encoded user data (provider 1.289.0)."""
_SET_LATER: Mapping[str, Mapping[str, Any]] = {
    SCALING_GROUP.type: {"tags": None, "removal_policies": None},
    SCALING_CONFIGURATION.type: {"active": False},
}
"""What the provider sets in calls after the one that creates the object, and late in an update (1.289.0)."""
_DEPOSED_DIGITS = 8


@dataclass(frozen=True, slots=True)
class Adopted:
    """The result of a look into the cloud and of what it recorded."""

    ownership: Ownership
    """Without objects of a root that this run does not have."""
    touched: Mapping[str, tuple[Address, ...]]
    """By root: addresses that terraform has to read, because the state says too little."""
    elsewhere: tuple[Claim, ...] = ()
    """Objects of a root that this run does not have."""
    postponed: tuple[Claim, ...] = ()
    """Surplus objects that a later run has to record and delete."""

    @property
    def claims(self) -> tuple[Claim, ...]:
        """The recorded objects."""
        return self.ownership.claims


def look(
    session: Session, roots: Sequence[ReadRoot], *, includes_unproven: bool = False, takes_surplus: bool = False
) -> tuple[Ownership, Inventory]:
    """
    Return which objects in the cloud are the shoot's; this changes nothing. The options are those of `Scope`.

    Raises:
        CloudError: the cloud refused, or could not be reached.
    """
    at_hand = {root.name: root for root in roots}
    instances = {
        name: (
            at_hand[name].state() if name in at_hand else session.stored_state(name, gives_up=includes_unproven)
        ).instances()
        for name in ROOTS
    }
    scope = replace(_scope(session, roots, instances), includes_unproven=includes_unproven, takes_surplus=takes_surplus)
    technical_id = session.target.identity.technical_id
    with timed("look for what exists"):
        inventory = find_resources(
            session.client,
            tag=(cluster_tag(technical_id), "1"),
            name_prefix=name_prefix(technical_id),
            vpc_ids=scope.vpc_ids,
        )
    return decide_ownership(inventory, scope, instances), inventory


def adopt(
    session: Session,
    roots: Sequence[HeldRoot],
    *,
    includes_unproven: bool = False,
    takes_surplus: bool = False,
    records_surplus: bool = True,
    told: Set[str] = frozenset(),
) -> Adopted:
    """
    Record objects that exist and are in no state in the states of `roots`, and complete what terraform only began.

    The caller holds the leases. This leaves objects of another root to its own run, and warns of every object that it
    leaves alone, unless its id is among the `told`. The next plan deletes a recorded surplus object; without
    `records_surplus` this records none, because this run shows no further plan.

    Raises:
        CloudError: the cloud refused, or could not be reached.
        StateError: a state cannot be stored.
    """
    ownership, inventory = look(session, roots, includes_unproven=includes_unproven, takes_surplus=takes_surplus)
    taken = [claim for claim in ownership.claims if records_surplus or not claim.is_surplus]
    touched: dict[str, tuple[Address, ...]] = {}
    reporter = session.context.reporter
    for root in roots:
        claims = [claim for claim in taken if claim.root == root.name]
        document = StateDocument(root.state())
        completed = _complete(document, inventory, root.failed_updates)
        for claim in claims:
            _record(document, claim)
            place = f"surplus at {claim.address}, to be deleted" if claim.is_surplus else f"{claim.address}"
            reporter.step(f"adopting {describe(claim.resource)} as {place}")
        if document.is_changed:
            root.replace_state(document)
        touched[root.name] = (*completed, *(claim.address for claim in claims if not claim.is_surplus))
    surplus = tuple(extra for extra in ownership.surplus if root_of(extra.resource) in touched)
    for stranger in ownership.strangers:
        if stranger.id not in told:
            reporter.warn(stranger_problem(session, stranger))
    for extra in surplus:
        if extra.resource.id not in told:
            reporter.warn(surplus_problem(session, extra))
    return Adopted(
        replace(ownership, claims=tuple(claim for claim in taken if claim.root in touched), surplus=surplus),
        touched,
        elsewhere=tuple(claim for claim in ownership.claims if claim.root not in touched),
        postponed=tuple(claim for claim in ownership.claims if claim not in taken and claim.root in touched),
    )


def root_of(resource: CloudResource) -> Root:
    """Return the root module to which objects of this type belong."""
    return RESOURCE_TYPES[resource.type].root


def describe(resource: CloudResource) -> str:
    """Return how a message names an object."""
    name = f" ({resource.name})" if resource.name and resource.name != resource.id else ""
    return f"{resource.type} {resource.id}{name}"


def stranger_problem(session: Session, resource: CloudResource) -> Problem:
    """Return the warning about an object that looks like the shoot's, without proof."""
    return Problem(
        session.target.identity.reference,
        "",
        "NotAdopted",
        f"{describe(resource)} exists, is in no state and is not proven to be this shoot's; it is left alone",
        "check what it is; `provision adopt --yes` records it in the state, unless another object has its address",
    )


def surplus_problem(session: Session, extra: Surplus) -> Problem:
    """Return the warning about a surplus object of this shoot that no run deletes."""
    return Problem(
        session.target.identity.reference,
        str(extra.address),
        "LeftAlone",
        f"{describe(extra.resource)} is surplus: it is this shoot's and in no state, and another object has its "
        f"address; it is left alone because it {extra.reason}",
        "check which of the two is in use, and delete the other one yourself",
    )


def _scope(session: Session, roots: Sequence[ReadRoot], instances: Mapping[Root, Sequence[Instance]]) -> Scope:
    target = session.target
    technical_id = target.identity.technical_id
    config = target.infrastructure.spec.provider_config if target.infrastructure else None
    status = target.worker.spec.infrastructure_provider_status if target.worker else None
    vpc_ids = {instance.id for instance in instances[INFRASTRUCTURE] if instance.address.type == VPC.type}
    if config is not None and config.networks.vpc.id:
        vpc_ids.add(config.networks.vpc.id)
    if status is not None:
        vpc_ids.add(status.vpc.id)
    brought = {config.networks.vpc.id or "", *config.networks.user_eips.values()} if config is not None else set[str]()
    # A run without roots only looks.
    since = [root.unclean_since for root in roots] or [read_unclean_since(session.log(root)) for root in ROOTS]
    return Scope(
        technical_id=technical_id,
        entry_name=session.entry_name,
        zones=tuple(zone.name for zone in config.networks.zones) if config is not None else (),
        eip_zones={id: zone for zone, id in config.networks.user_eips.items()} if config is not None else {},
        brought=frozenset(brought - {""}),
        groups={
            SCALING_GROUP.name_of(technical_id, pool=pool.name, zone=zone): (pool.name, zone)
            for pool in (target.worker.spec.pools if target.worker else ())
            for zone in pool.zones
        },
        pod_cidr=target.pod_cidr,
        vpc_ids=frozenset(vpc_ids - {""}),
        vswitch_ids=frozenset(vswitch.id for vswitch in status.vpc.vswitches) if status is not None else frozenset(),
        unclean_since=min((time for time in since if time is not None), default=None),
        recorded=frozenset(entry for root in roots for entry in root.recorded),
    )


def _complete(document: StateDocument, inventory: Inventory, failed_updates: Set[str]) -> list[Address]:
    """
    Let terraform complete half-made objects instead of replacing them; return the addresses it has to read for that.

    Terraform taints a resource if its creation failed after the object existed; throttling of a later call is enough.
    Replacing a scaling group would replace its nodes, replacing an EIP the shoot's egress address. After a failed
    update the state says more than the provider sent: sets, maps that were unknown, for some types everything.

    This removes from the state what scaling groups and configurations get in calls of their own, so that the next plan
    sets it again, even a plan that does not read them first: the provider does not repeat a throttled read of them.
    """
    existing = {(resource.type, resource.id): resource for resource in inventory}
    to_read: list[Address] = []
    for instance in document.state.instances():
        resource = existing.get((instance.address.type, instance.id))
        is_half_done = instance.is_tainted or str(instance.address) in failed_updates
        if resource is None or not is_half_done or instance.is_deposed:
            continue
        known = {**_SET_LATER.get(resource.type, {}), **_completion(resource)}
        if resource.type in _SET_LATER:
            # After a failed update step the provider notes only sets and maps (Partial mode).
            known |= {name: value for name, value in resource.attributes.items() if value is not None}
        else:
            to_read.append(instance.address)
        if instance.is_tainted or known:
            document.complete(instance, known)
    return to_read


def _record(document: StateDocument, claim: Claim) -> None:
    resource, address = claim.resource, claim.address
    attributes = {"id": resource.id, **resource.attributes, **_completion(resource)}
    deposed = hashlib.sha256(resource.id.encode()).hexdigest()[:_DEPOSED_DIGITS] if claim.is_surplus else ""
    if resource.type == SCALING_CONFIGURATION.type:
        # Only the group's last configuration needs force, and deletes the group with it.
        attributes["force_delete"] = not claim.is_surplus
        if resource.facts["has_user_data"]:
            attributes["user_data"] = _SOME_BASE64
    dependencies = RESOURCE_TYPES[resource.type].dependencies(address.module)
    sensitive = ("user_data",) if resource.type == SCALING_CONFIGURATION.type else ()
    document.add(address, attributes, dependencies, sensitive=sensitive, deposed=deposed)


def _completion(resource: CloudResource) -> dict[str, Any]:
    """Return the real values of the attributes that the provider never reads back."""
    if resource.type == SCALING_CONFIGURATION.type:
        # If it is not enabled yet, the plan finds a difference and enables the group.
        return {"enable": True if resource.facts["is_enabled"] else None}
    return {}

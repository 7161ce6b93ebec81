"""
Adoption: what the cloud holds of a shoot and no state lists is written into the state it belongs to.

A run that was killed, or a call whose answer was lost, leaves such objects behind. They are recorded as instances of
which little more than the id is known; terraform's next refresh fills them in, and its plan keeps, changes or deletes
them like anything else.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace
from typing import Any

from provisioner.cloud import CloudResource, Inventory, find_resources
from provisioner.errors import Problem
from provisioner.ids import INFRASTRUCTURE, ROOTS, Root
from provisioner.run.adoption.ownership import Claim, Double, Ownership, decide_ownership
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
"""The provider reads user data back as it is only where it knows some that is encoded (provider 1.289.0)."""
_SET_LATER: Mapping[str, Mapping[str, Any]] = {
    SCALING_GROUP.type: {"tags": None, "removal_policies": None},
    SCALING_CONFIGURATION.type: {"active": False},
}
"""What the provider sets after the call that creates the object, and before it is through with an update (1.289.0)."""
_DEPOSED_DIGITS = 8


@dataclass(frozen=True, slots=True)
class Adopted:
    """What a look into the cloud led to."""

    ownership: Ownership
    """Without what belongs to a root that this run does not have."""
    touched: Mapping[str, tuple[Address, ...]]
    """By root: the addresses of which terraform knows too little until it has read them."""
    elsewhere: tuple[Claim, ...] = ()
    """What belongs to a root that this run does not have."""
    postponed: tuple[Claim, ...] = ()
    """Doubles that are to be deleted, but were not to be recorded by this look."""

    @property
    def claims(self) -> tuple[Claim, ...]:
        """What was recorded."""
        return self.ownership.claims


def look(
    session: Session, roots: Sequence[ReadRoot], *, includes_unproven: bool = False, takes_doubles: bool = False
) -> tuple[Ownership, Inventory]:
    """
    Return whose the objects in the cloud are; nothing is changed. The options are those of `Scope`.

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
    scope = replace(_scope(session, roots, instances), includes_unproven=includes_unproven, takes_doubles=takes_doubles)
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
    takes_doubles: bool = False,
    records_doubles: bool = True,
    told: Set[str] = frozenset(),
) -> Adopted:
    """
    Record in the states of `roots` what exists and is in none, and let terraform complete what it only began.

    The leases are held. What belongs to another root is left to its own run. Of what is left alone there is a warning,
    unless its id is among the `told`. A double that is recorded is deleted by the next plan; without `records_doubles`
    there are none, because no plan will be shown any more.

    Raises:
        CloudError: the cloud refused, or could not be reached.
        StateError: a state cannot be stored.
    """
    ownership, inventory = look(session, roots, includes_unproven=includes_unproven, takes_doubles=takes_doubles)
    taken = [claim for claim in ownership.claims if records_doubles or not claim.is_surplus]
    touched: dict[str, tuple[Address, ...]] = {}
    reporter = session.context.reporter
    for root in roots:
        claims = [claim for claim in taken if claim.root == root.name]
        document = StateDocument(root.state())
        completed = _complete(document, inventory, root.failed_updates)
        for claim in claims:
            _record(document, claim)
            place = f"a double of {claim.address}, to be deleted" if claim.is_surplus else f"{claim.address}"
            reporter.step(f"adopting {describe(claim.resource)} as {place}")
        if document.is_changed:
            root.replace_state(document)
        touched[root.name] = (*completed, *(claim.address for claim in claims if not claim.is_surplus))
    doubles = tuple(double for double in ownership.doubles if root_of(double.resource) in touched)
    for stranger in (it for it in ownership.strangers if it.id not in told):
        reporter.warn(stranger_problem(session, stranger))
    for double in (it for it in doubles if it.resource.id not in told):
        reporter.warn(double_problem(session, double))
    return Adopted(
        replace(ownership, claims=tuple(claim for claim in taken if claim.root in touched), doubles=doubles),
        touched,
        elsewhere=tuple(claim for claim in ownership.claims if claim.root not in touched),
        postponed=tuple(claim for claim in ownership.claims if claim not in taken and claim.root in touched),
    )


def root_of(resource: CloudResource) -> Root:
    """Return the root module that an object of its type belongs to."""
    return RESOURCE_TYPES[resource.type].root


def describe(resource: CloudResource) -> str:
    """Return an object as a message names it."""
    name = f" ({resource.name})" if resource.name and resource.name != resource.id else ""
    return f"{resource.type} {resource.id}{name}"


def stranger_problem(session: Session, resource: CloudResource) -> Problem:
    """Return what is to be said of an object that looks like the shoot's and is not proven to be."""
    return Problem(
        session.target.identity.reference,
        "",
        "NotAdopted",
        f"{describe(resource)} exists, is in no state and is not proven to be this shoot's; it is left alone",
        "see what it is; `provision adopt --yes` takes it into the state, unless another object has its address",
    )


def double_problem(session: Session, double: Double) -> Problem:
    """Return what is to be said of an object that is this shoot's and one too many, and that no run takes away."""
    return Problem(
        session.target.identity.reference,
        str(double.address),
        "LeftAlone",
        f"{describe(double.resource)} is this shoot's, is in no state, and another object has its address; it is left "
        f"alone because it {double.reason}",
        "see which of the two is in use, and delete the other one yourself",
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
    # A run without any root at hand only looks.
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
    Let terraform complete what exists instead of replacing it, and return what has to be read for that.

    A resource is tainted when its creation failed after the object existed, which throttling of a later call is enough
    for. Replacing a scaling group would replace its nodes, replacing an EIP the shoot's egress address. After a failed
    update the state says more than was sent: sets, maps of which nothing was known, for some types everything.

    What scaling groups and configurations get in calls of their own is taken out of their state, so that the next plan
    sets it again, also one that does not read them first: reading them is what the provider does not repeat when it is
    throttled.
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
            # Of what fails in its update step the provider notes sets and maps alone (Partial mode).
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
        # Only the group's last configuration needs force, and takes the group along with it.
        attributes["force_delete"] = not claim.is_surplus
        if resource.facts["has_user_data"]:
            attributes["user_data"] = _SOME_BASE64
    dependencies = RESOURCE_TYPES[resource.type].dependencies(address.module)
    sensitive = ("user_data",) if resource.type == SCALING_CONFIGURATION.type else ()
    document.add(address, attributes, dependencies, sensitive=sensitive, deposed=deposed)


def _completion(resource: CloudResource) -> dict[str, Any]:
    """Return the attributes that the provider never reads back, as they really are."""
    if resource.type == SCALING_CONFIGURATION.type:
        # Not enabled yet: the plan will find a difference and enable the group.
        return {"enable": True if resource.facts["is_enabled"] else None}
    return {}

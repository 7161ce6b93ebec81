"""
Adoption: what the cloud holds of a shoot and no state lists is written into the state it belongs to.

A run that was killed, or a call whose answer was lost, leaves such objects behind. They are recorded as instances of
which little more than the id is known; terraform's next refresh fills them in, and its plan keeps, changes or deletes
them like anything else.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from provisioner.cloud import CloudResource, Inventory, find_resources
from provisioner.errors import Problem
from provisioner.state.document import Address, Instance, StateDocument
from provisioner.translate.names import cluster_tag, scaling_group_name
from provisioner.workflows.ownership import (
    DEPENDENCIES,
    NAMES,
    Claim,
    Ownership,
    Scope,
    decide_ownership,
    name_prefix,
)
from provisioner.workflows.root_run import RootRun
from provisioner.workflows.session import INFRASTRUCTURE, ROOTS, Session
from provisioner.workflows.timing import timed

_CONFIGURATION = "alicloud_ess_scaling_configuration"
_DEPOSED_DIGITS = 8


@dataclass(frozen=True, slots=True)
class Adopted:
    """What a look into the cloud led to."""

    ownership: Ownership
    touched: Mapping[str, tuple[Address, ...]]
    """By root: the addresses of which terraform knows too little, or too much, until it has read them again."""

    @property
    def claims(self) -> tuple[Claim, ...]:
        """What was recorded."""
        return self.ownership.claims


def look(session: Session, roots: Iterable[RootRun], *, includes_unproven: bool = False) -> tuple[Ownership, Inventory]:
    """
    Return whose the objects in the cloud are; nothing is changed.

    Raises:
        CloudError: the cloud refused, or could not be reached.
    """
    states = {root: StateDocument(session.stored_state(root)) for root in ROOTS}
    states |= {root.root: StateDocument(root.state()) for root in roots}
    instances = {root: tuple(document.instances()) for root, document in states.items()}
    scope = _scope(session, roots, instances, includes_unproven=includes_unproven)
    technical_id = session.target.identity.technical_id
    with timed("look for what exists"):
        inventory = find_resources(
            session.client,
            tag=(cluster_tag(technical_id), "1"),
            name_prefix=name_prefix(technical_id),
            vpc_ids=scope.vpc_ids,
        )
    return decide_ownership(inventory, scope, instances), inventory


def adopt(session: Session, roots: Sequence[RootRun], *, includes_unproven: bool = False) -> Adopted:
    """
    Record in the states of `roots` what exists and is in none, and let terraform complete what it only began.

    The leases are held. What belongs to another root is left to its own run.

    Raises:
        CloudError: the cloud refused, or could not be reached.
        StateError: a state cannot be stored.
    """
    ownership, inventory = look(session, roots, includes_unproven=includes_unproven)
    touched: dict[str, tuple[Address, ...]] = {}
    reporter = session.context.reporter
    for root in roots:
        claims = [claim for claim in ownership.claims if claim.root == root.root]
        document = StateDocument(root.state())
        completed = list(_untaint(document, inventory))
        for claim in claims:
            _record(document, claim)
            what = "has a double at this address and will be deleted" if claim.is_surplus else "is recorded there"
            reporter.step(f"found {describe(claim.resource)}, in no state: {claim.address} {what}")
        if document.is_changed:
            root.replace_state(document)
        touched[root.root] = (*completed, *(claim.address for claim in claims if not claim.is_surplus))
    mine = tuple(claim for claim in ownership.claims if claim.root in touched)
    for stranger in ownership.strangers:
        reporter.warn(stranger_problem(session, stranger))
    return Adopted(Ownership(mine, ownership.strangers), touched)


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
        "see what it is; `provision adopt --yes` takes it into the state",
    )


def _scope(
    session: Session,
    roots: Iterable[RootRun],
    instances: Mapping[str, Sequence[Instance]],
    *,
    includes_unproven: bool,
) -> Scope:
    target = session.target
    technical_id = target.identity.technical_id
    config = target.infrastructure.spec.provider_config if target.infrastructure else None
    status = target.worker.spec.infrastructure_provider_status if target.worker else None
    vpc_ids = {instance.id for instance in instances[INFRASTRUCTURE] if instance.address.type == "alicloud_vpc"}
    if config is not None and config.networks.vpc.id:
        vpc_ids.add(config.networks.vpc.id)
    if status is not None:
        vpc_ids.add(status.vpc.id)
    since = [root.unclean_since for root in roots if root.unclean_since is not None]
    return Scope(
        technical_id=technical_id,
        entry_name=session.entry_name,
        zones=tuple(zone.name for zone in config.networks.zones) if config is not None else (),
        groups={
            scaling_group_name(technical_id, pool.name, zone): (pool.name, zone)
            for pool in (target.worker.spec.pools if target.worker else ())
            for zone in pool.zones
        },
        vpc_ids=frozenset(vpc_ids - {""}),
        unclean_since=min(since, default=None),
        recorded=frozenset(entry for root in roots for entry in root.recorded),
        includes_unproven=includes_unproven,
    )


def _untaint(document: StateDocument, inventory: Inventory) -> Iterable[Address]:
    """
    Let terraform complete what exists instead of replacing it, and yield the addresses.

    A resource is tainted when its creation failed after the object existed, which throttling of a later call is enough
    for. Replacing a scaling group would replace its nodes, replacing an EIP the shoot's egress address.
    """
    existing = {(resource.type, resource.id): resource for resource in inventory}
    for instance in list(document.instances()):
        resource = existing.get((instance.address.type, instance.id))
        if resource is not None and instance.is_tainted and not instance.is_deposed:
            document.untaint(instance, _completion(resource))
            yield instance.address


def _record(document: StateDocument, claim: Claim) -> None:
    resource, address = claim.resource, claim.address
    attributes = {"id": resource.id, **resource.attributes, **_completion(resource)}
    deposed = hashlib.sha256(resource.id.encode()).hexdigest()[:_DEPOSED_DIGITS] if claim.is_surplus else ""
    if resource.type == _CONFIGURATION:
        # Only the group's last configuration needs force, and takes the group along with it.
        attributes["force_delete"] = not claim.is_surplus
        dependencies = [Address(address.module, "alicloud_ess_scaling_group", "nodes").resource]
    else:
        dependencies = [_resource(address.module, kind) for kind in DEPENDENCIES.get(resource.type, ())]
    document.add(address, attributes, dependencies, deposed=deposed)


def _resource(module: str, kind: str) -> str:
    return Address(module, kind, NAMES[kind]).resource


def _completion(resource: CloudResource) -> dict[str, Any]:
    """Return the attributes that the provider never reads back, as they really are."""
    if resource.type == _CONFIGURATION:
        # Not enabled yet: the plan will find a difference and enable the group.
        return {"enable": True if resource.facts["is_enabled"] else None}
    return {}

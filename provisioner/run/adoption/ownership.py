"""
Whose an object of the cloud is.

An object is the shoot's if it carries the shoot's owner tag or, where tags come in a second call, the owner in the
description that it was created with. What cannot be tagged is the shoot's through its parents, and so is a scaling
group that a run had no time to tag. Name and age prove nothing, nor does what the manifests name: everything else is
somebody else's until an operator says otherwise.

Several objects may claim one address. The one that a state lists stays, else the one in use, else the oldest; the
others are one too many. Such a double will be deleted if it is proven to be the shoot's, was created after the first
run began that did not end clean, and holds and serves nothing. Any other stays, whatever the states say: it may be the
one that is in use, and the state the one that is wrong.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final, Literal, TypeAlias

from provisioner.cloud import CloudResource, Inventory
from provisioner.ids import EntryName, Root, TechnicalId
from provisioner.run.adoption.addresses import (
    address_of,
    has_our_name,
    is_default_route,
    is_group_name,
    rule_key,
)
from provisioner.run.adoption.scope import Scope
from provisioner.tfstate import Address, Instance
from provisioner.translate.names import CLUSTER_TAG_PREFIX, OWNER_TAG, cluster_tag, described_owner, owner_value
from provisioner.translate.resource_types import RESOURCE_TYPES, SCALING_GROUP

Proof: TypeAlias = Literal["owner tag", "owner in the description", "parent", "noted by a run", "none"]
"""Why an object is taken for the shoot's; `none`: it has the cluster's tag or one of the shoot's names."""

_CLOCK_DIFFERENCE: Final = timedelta(minutes=2)
"""Between the object store's clock, which says when a run began, and the services' own."""


@dataclass(frozen=True, slots=True)
class Claim:
    """An object that is the shoot's and in no state."""

    resource: CloudResource
    root: Root
    address: Address
    is_surplus: bool
    """Whether the address has another object already, or belongs into another parent, so that this one has to go."""
    proof: Proof


@dataclass(frozen=True, slots=True)
class Double:
    """An object that is proven to be the shoot's and is one too many, but that no run takes away."""

    resource: CloudResource
    address: Address
    """Where another object is."""
    reason: str
    """Why it stays, with the object as its subject."""


@dataclass(frozen=True, slots=True)
class Foreign:
    """An object that has the shoot's technical ID, by tag or by name, and the tag of another owner."""

    resource: CloudResource
    owner: str
    """The value of its owner tag, or what its description says of that: the entry that its state is under."""


@dataclass(frozen=True, slots=True)
class Ownership:
    """What was found of a shoot beyond its states."""

    claims: tuple[Claim, ...]
    strangers: tuple[CloudResource, ...]
    """What looks like the shoot's without proof. It is left alone."""
    doubles: tuple[Double, ...] = ()
    foreign: tuple[Foreign, ...] = ()


def owner_of(resource: CloudResource) -> str | None:
    """Return the value of an object's owner tag, also if it has come no further than to its description; else None."""
    owner = resource.tags.get(OWNER_TAG)
    return _owner_at_birth(resource) if owner is None else owner


def foreign_marks(resource: CloudResource, technical_id: TechnicalId, entry_name: EntryName) -> list[str]:
    """Return what says that an object is another shoot's: its owner, and the clusters that it is tagged for."""
    owner = owner_of(resource)
    owners = [f"{OWNER_TAG}: {owner}"] if owner is not None and owner != owner_value(entry_name) else []
    own = cluster_tag(technical_id)
    return [*owners, *sorted(key for key in resource.tags if key.startswith(CLUSTER_TAG_PREFIX) and key != own)]


def find_uses(inventory: Inventory) -> Mapping[str, tuple[str, ...]]:
    """Return what lives in, on or behind an object, by its id; objects that hold and serve nothing are not in it."""
    found: dict[str, dict[str, None]] = {}
    for resource in inventory:
        for held in resource.holds:
            found.setdefault(resource.id, {})[held] = None
        for id in () if RESOURCE_TYPES[resource.type].is_part else _parents(resource):
            found.setdefault(id, {})[resource.id] = None
        for id in _moved_away_from(resource):
            found.setdefault(id, {})[resource.id] = None
    return {id: tuple(held) for id, held in found.items()}


def decide_ownership(inventory: Inventory, scope: Scope, states: Mapping[Root, tuple[Instance, ...]]) -> Ownership:
    """Return whose the found objects are; `states` has the managed instances by root."""
    return _Decision(inventory, scope, states).ownership()


class _Decision:
    """Goes through the types, parents first: who a parent belongs to decides about its children."""

    def __init__(self, inventory: Inventory, scope: Scope, states: Mapping[Root, tuple[Instance, ...]]) -> None:
        self._inventory = inventory
        self._scope = scope
        self._owner = owner_value(scope.entry_name)
        instances = [instance for root in states.values() for instance in root if instance.id]
        self._known = {(instance.address.type, instance.id) for instance in instances}
        self._places = {instance.id: instance.address for instance in instances}
        """Addresses by id, of what the states list and of what is claimed."""
        existing = {(resource.type, resource.id) for resource in inventory}
        # A state whose object is gone has nothing at its address: what was found takes its place.
        self._taken = {
            (root, _spot(instance.address)): instance.address
            for root, listed in states.items()
            for instance in listed
            if not instance.is_deposed and (instance.address.type, instance.id) in existing
        }
        self._in_use = find_uses(inventory)
        self._vpcs = {
            *scope.vpc_ids,
            *(vpc.id for vpc in inventory.of("alicloud_vpc") if (vpc.type, vpc.id) in self._known),
        }
        gateways = inventory.of("alicloud_nat_gateway")
        self._owned_elsewhere = {it.id for it in gateways if owner_of(it) not in (None, self._owner)}
        self._marked_elsewhere = {it.id for it in gateways if foreign_marks(it, scope.technical_id, scope.entry_name)}
        self._unproven: set[str] = set()
        self._surplus = {instance.id for instance in instances if instance.is_deposed}
        self._staying: set[str] = set()
        """Doubles that nobody takes away."""

    def ownership(self) -> Ownership:
        """Return the claims, parents first, and what is left alone."""
        claims: list[Claim] = []
        strangers: list[CloudResource] = []
        doubles: list[Double] = []
        foreign: list[Foreign] = []
        for type in RESOURCE_TYPES:
            candidates: dict[tuple[Root, Address], list[Claim]] = {}
            for resource in self._inventory.of(type):
                if (type, resource.id) in self._known or resource.id in self._scope.brought:
                    continue
                claim = self._claim(resource)
                if claim is not None:
                    candidates.setdefault((claim.root, _spot(claim.address)), []).append(claim)
                elif self._has_technical_id(resource) or self._is_unproven_binding(resource):
                    owner = owner_of(resource)
                    if owner is None:
                        strangers.append(resource)
                    else:
                        foreign.append(Foreign(resource, owner))
            for place, rivals in candidates.items():
                for number, claim in enumerate(sorted(rivals, key=self._rank)):
                    is_surplus = place in self._taken or number > 0 or self._belongs_to_surplus(claim.resource)
                    if is_surplus and claim.proof == "none":
                        # What nobody has proven is never deleted for being one too many.
                        strangers.append(claim.resource)
                        continue
                    decided = replace(claim, address=self._taken.get(place, claim.address), is_surplus=is_surplus)
                    self._note(decided)
                    reason = self._why_it_stays(decided.resource) if is_surplus else ""
                    if reason:
                        doubles.append(Double(decided.resource, decided.address, reason))
                        self._staying.add(decided.resource.id)
                    else:
                        claims.append(decided)
        return Ownership(tuple(claims), tuple(strangers), tuple(doubles), tuple(foreign))

    def _why_it_stays(self, resource: CloudResource) -> str:
        """Return why a double is not to be deleted; empty if it may be."""
        since = self._scope.unclean_since
        around = sorted(self._staying.intersection(_parents(resource)))
        held = self._in_use.get(resource.id, ())
        reason = ""
        if self._scope.takes_doubles:
            pass
        elif around:
            reason = f"belongs to {', '.join(around)}, which stays"
        elif held:
            reason = f"holds or serves {', '.join(held)}"
        elif resource.facts.get("is_active", False):
            reason = "is in use"
        elif resource.created is None:
            reason = "has no known age"
        elif since is None or resource.created < since - _CLOCK_DIFFERENCE:
            reason = "is older than any run that may have left it"
        return reason

    def _claim(self, resource: CloudResource) -> Claim | None:
        proof = self._proof(resource)
        if proof is None:
            return None
        address = address_of(resource, self._scope, self._places)
        return Claim(resource, RESOURCE_TYPES[resource.type].root, address, False, proof)

    def _note(self, claim: Claim) -> None:
        id = claim.resource.id
        self._places[id] = claim.address
        if claim.resource.type == "alicloud_vpc":
            self._vpcs.add(id)
        if claim.proof == "none":
            self._unproven.add(id)
        if claim.is_surplus:
            self._surplus.add(id)

    def _rank(self, claim: Claim) -> tuple[bool, bool, bool, bool, float, str]:
        resource = claim.resource
        return (
            claim.proof == "none",
            self._belongs_to_surplus(resource),
            not resource.facts.get("is_active", False),
            resource.id not in self._in_use,
            resource.created.timestamp() if resource.created else 0.0,
            resource.id,
        )

    def _belongs_to_surplus(self, resource: CloudResource) -> bool:
        return bool(self._surplus.intersection(_parents(resource)))

    def _proof(self, resource: CloudResource) -> Proof | None:
        scope = self._scope
        if not RESOURCE_TYPES[resource.type].can_be_tagged:
            return self._proof_of_child(resource)
        owner = owner_of(resource)
        if owner is not None and owner != self._owner:
            proof: Proof | None = None
        elif owner is not None:
            proof = "owner tag" if OWNER_TAG in resource.tags else "owner in the description"
        elif (resource.type, resource.id) in scope.recorded:
            proof = "noted by a run"
        elif self._is_begun_group(resource):
            proof = "parent"
        else:
            proof = "none" if scope.includes_unproven and self._has_technical_id(resource) else None
        return proof

    def _proof_of_child(self, resource: CloudResource) -> Proof | None:
        attributes, has_our_parent = resource.attributes, resource.parent in self._places
        match resource.type:
            case "alicloud_eip_association":
                if (resource.type, resource.id) in self._scope.recorded and self._is_address_for_us(resource):
                    return "noted by a run"
                is_ours = self._is_bound_by_us(resource)
                if not is_ours and self._scope.includes_unproven and self._is_unproven_binding(resource):
                    return "none"
            case "alicloud_route_entry":
                # Anybody may lead another range elsewhere; all of it goes with the table.
                is_ours = has_our_parent and (is_default_route(resource) or self._scope.takes_doubles)
            case "alicloud_snat_entry":
                # Its name is given to it when it is created. The gateway may be the user's.
                is_ours = attributes["source_vswitch_id"] in self._places and has_our_name(resource, self._scope)
            case "alicloud_route_table_attachment":
                is_ours = has_our_parent and attributes["vswitch_id"] in self._places
            case "alicloud_security_group_rule":
                is_ours = has_our_parent and rule_key(resource, self._scope) is not None
            case _:
                is_ours = has_our_parent
        if not is_ours:
            return None
        return "none" if self._unproven.intersection(_parents(resource)) else "parent"

    def _is_begun_group(self, resource: CloudResource) -> bool:
        """
        Return whether a run created this scaling group and came no further: it has no description that could tell.

        It is in a vSwitch of the shoot and has exactly the name of a group there; it has no tag yet, and is new enough.
        """
        since = self._scope.unclean_since
        if RESOURCE_TYPES[resource.type] is not SCALING_GROUP or resource.tags or since is None:
            return False
        zone = self._zone_of_own_vswitch(resource.facts["vswitch_id"])
        return (
            zone is not None
            and is_group_name(resource.name, zone, self._scope)
            and resource.created is not None
            and resource.created >= since - _CLOCK_DIFFERENCE
        )

    def _zone_of_own_vswitch(self, id: str) -> str | None:
        """
        Return the zone of a vSwitch that is proven to be the shoot's, or None.

        One of an infrastructure that another tool manages has to carry the cluster's tag: that the manifests name it
        proves nothing.
        """
        if id in self._places and id not in self._unproven:
            return str(self._places[id].key)
        if id not in self._scope.vswitch_ids:
            return None
        tag = cluster_tag(self._scope.technical_id)
        found = (it for it in self._inventory.of("alicloud_vswitch") if it.id == id)
        return next((it.zone for it in found if tag in it.tags and owner_of(it) is None), None)

    def _is_address_for_us(self, association: CloudResource) -> bool:
        """Return whether the bound address is the shoot's, or one that the manifests name."""
        allocation_id = association.attributes["allocation_id"]
        return allocation_id in self._places or allocation_id in self._scope.eip_zones

    def _is_bound_by_us(self, association: CloudResource) -> bool:
        """
        Return whether an address is bound for the shoot: the gateway is the shoot's, or the address is.

        The user's address at the user's gateway is bound for the shoot if an SNAT entry of the shoot uses it: a run
        that finds it bound before is refused.
        """
        if not self._is_address_for_us(association):
            return False
        if association.parent in self._places:
            return True
        if association.attributes["allocation_id"] in self._places:
            # A cluster's tag alone may be one of several that use a gateway of the user's.
            return association.parent not in self._owned_elsewhere
        if association.parent in self._marked_elsewhere:
            return False
        sources = self._sources_behind(association)
        return bool(sources) and sources <= self._places.keys() - self._unproven

    def _is_unproven_binding(self, resource: CloudResource) -> bool:
        """Return whether a run may have bound the user's address to the user's gateway; nothing else uses it there."""
        return (
            resource.type == "alicloud_eip_association"
            and resource.attributes["allocation_id"] in self._scope.eip_zones
            and resource.parent not in self._marked_elsewhere
            and self._sources_behind(resource) <= self._places.keys()
        )

    def _sources_behind(self, association: CloudResource) -> set[str]:
        """Return the vSwitches whose traffic leaves by a bound address; empty text for any other source."""
        address = association.facts.get("ip_address")
        return {
            entry.attributes["source_vswitch_id"]
            for entry in self._inventory.of("alicloud_snat_entry")
            if entry.parent == association.parent and address in str(entry.attributes["snat_ip"]).split(",")
        }

    def _has_technical_id(self, resource: CloudResource) -> bool:
        """Return whether an object has the technical ID: it has the cluster's tag or one of the shoot's names."""
        scope = self._scope
        return RESOURCE_TYPES[resource.type].can_be_tagged and (
            cluster_tag(scope.technical_id) in resource.tags
            or (has_our_name(resource, scope) and self._has_our_parent(resource))
        )

    def _has_our_parent(self, resource: CloudResource) -> bool:
        row = RESOURCE_TYPES[resource.type]
        if row is SCALING_GROUP:
            # In a VPC of several shoots, `a` with pool `b-c` gives the same name as `a-b` with pool `c`.
            vswitch_id = resource.facts["vswitch_id"]
            return vswitch_id in self._places or vswitch_id in self._scope.vswitch_ids
        return not row.parent or resource.parent in self._vpcs


def _owner_at_birth(resource: CloudResource) -> str | None:
    """Return the owner that the call which created an object gave it in its description, or None."""
    return described_owner(resource.description) if RESOURCE_TYPES[resource.type].tagged == "later" else None


def _spot(address: Address) -> Address:
    """Return an address without the number of what exists at most once: a state may be older than the number."""
    return replace(address, key=None) if address.key == 0 else address


def _parents(resource: CloudResource) -> AbstractSet[str]:
    """Return the ids of what an object cannot exist without."""
    others = (resource.attributes.get(name, "") for name in RESOURCE_TYPES[resource.type].needs)
    return {resource.parent, *others} - {""}


def _moved_away_from(resource: CloudResource) -> AbstractSet[str]:
    """Return the ids of what an object uses and could be moved away from."""
    used = {resource.attributes.get(name, "") for name in ("security_group_id", "nexthop_id")}
    return (used | {resource.facts.get("vswitch_id", "")}) - {resource.parent, ""}

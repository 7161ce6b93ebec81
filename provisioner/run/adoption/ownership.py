"""
Decides which cloud objects belong to this shoot.

An object is the shoot's if it carries the shoot's owner tag or, for types that get their tags in a second call, the
owner in the description that it was created with. An object that cannot be tagged is the shoot's through its parents,
and so is a scaling group that a run had no time to tag. Names, ages and ids in manifests prove nothing: all other
objects belong to someone else until an operator says otherwise.

Several objects may claim one address. The one that a state lists stays, else the one in use, else the oldest; the
others are surplus. A run deletes a surplus object if it is proven to be the shoot's, was created after the start of the
first run that did not end clean, and holds and serves nothing. Any other stays, whatever the states say: it may be the
one in use, and the state may be wrong.
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
"""Why an object counts as the shoot's; `none`: it only has the cluster's tag or one of the shoot's names."""

_CLOCK_DIFFERENCE: Final = timedelta(minutes=2)
"""Between the object store's clock, which says when a run began, and the clocks of the services."""


@dataclass(frozen=True, slots=True)
class Claim:
    """An object that is the shoot's and in no state."""

    resource: CloudResource
    root: Root
    address: Address
    is_surplus: bool
    """Whether this object has to go: its address has another object, or its parent is surplus."""
    proof: Proof


@dataclass(frozen=True, slots=True)
class Surplus:
    """A surplus object that is proven to be the shoot's, but that no run deletes."""

    resource: CloudResource
    address: Address
    """The address, which another object has."""
    reason: str
    """Why it stays, as a predicate of the object."""


@dataclass(frozen=True, slots=True)
class Foreign:
    """An object that has the shoot's technical ID, by tag or by name, and the tag of another owner."""

    resource: CloudResource
    owner: str
    """The entry that has its state, from its owner tag or its description."""


@dataclass(frozen=True, slots=True)
class Ownership:
    """The objects of a shoot that no state lists."""

    claims: tuple[Claim, ...]
    strangers: tuple[CloudResource, ...]
    """Objects that look like the shoot's, without proof. Runs leave them alone."""
    surplus: tuple[Surplus, ...] = ()
    foreign: tuple[Foreign, ...] = ()


def owner_of(resource: CloudResource) -> str | None:
    """Return an object's owner, from its tag, or from its description if it has no tag yet; else None."""
    owner = resource.tags.get(OWNER_TAG)
    return _owner_at_birth(resource) if owner is None else owner


def foreign_marks(resource: CloudResource, technical_id: TechnicalId, entry_name: EntryName) -> list[str]:
    """Return the signs that an object is another shoot's: its owner, and the cluster tags that it carries."""
    owner = owner_of(resource)
    owners = [f"{OWNER_TAG}: {owner}"] if owner is not None and owner != owner_value(entry_name) else []
    own = cluster_tag(technical_id)
    return [*owners, *sorted(key for key in resource.tags if key.startswith(CLUSTER_TAG_PREFIX) and key != own)]


def find_uses(inventory: Inventory) -> Mapping[str, tuple[str, ...]]:
    """Return the ids of the objects that live in, on or behind an object, by its id; without unused objects."""
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
    """Return which of the found objects are the shoot's; `states` has the managed instances by root."""
    return _Decision(inventory, scope, states).ownership()


class _Decision:
    """Goes through the types, parents first: the owner of a parent decides about its children."""

    def __init__(self, inventory: Inventory, scope: Scope, states: Mapping[Root, tuple[Instance, ...]]) -> None:
        self._inventory = inventory
        self._scope = scope
        self._owner = owner_value(scope.entry_name)
        instances = [instance for root in states.values() for instance in root if instance.id]
        self._known = {(instance.address.type, instance.id) for instance in instances}
        self._places = {instance.id: instance.address for instance in instances}
        """Addresses by id, of objects that the states list and of claimed ones."""
        existing = {(resource.type, resource.id) for resource in inventory}
        # If the object of a state is gone, its address is free for another one.
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
        self._owned_elsewhere = {gateway.id for gateway in gateways if owner_of(gateway) not in (None, self._owner)}
        self._marked_elsewhere = {
            gateway.id for gateway in gateways if foreign_marks(gateway, scope.technical_id, scope.entry_name)
        }
        self._unproven: set[str] = set()
        self._surplus = {instance.id for instance in instances if instance.is_deposed}
        self._staying: set[str] = set()
        """Surplus objects that no run deletes."""

    def ownership(self) -> Ownership:
        """Return the claims, parents first, and the objects that runs leave alone."""
        claims: list[Claim] = []
        strangers: list[CloudResource] = []
        surplus: list[Surplus] = []
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
                        # A run never deletes a surplus object without proof.
                        strangers.append(claim.resource)
                        continue
                    decided = replace(claim, address=self._taken.get(place, claim.address), is_surplus=is_surplus)
                    self._note(decided)
                    reason = self._why_it_stays(decided.resource) if is_surplus else ""
                    if reason:
                        surplus.append(Surplus(decided.resource, decided.address, reason))
                        self._staying.add(decided.resource.id)
                    else:
                        claims.append(decided)
        return Ownership(tuple(claims), tuple(strangers), tuple(surplus), tuple(foreign))

    def _why_it_stays(self, resource: CloudResource) -> str:
        """Return why a run must not delete a surplus object; empty if it may."""
        since = self._scope.unclean_since
        around = sorted(self._staying.intersection(_parents(resource)))
        held = self._in_use.get(resource.id, ())
        reason = ""
        if self._scope.takes_surplus:
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
                # A user may add routes for other ranges; all of them go with the table.
                is_ours = has_our_parent and (is_default_route(resource) or self._scope.takes_surplus)
            case "alicloud_snat_entry":
                # An entry gets its name when it is created. The gateway may be the user's.
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
        Return whether a run created this scaling group and was killed before it tagged it; groups have no description.

        It is in a vSwitch of the shoot, has exactly the name of a group there, has no tag yet, and is new enough.
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

        If another tool manages the infrastructure, the vSwitch has to carry the cluster's tag: its id in the manifests
        proves nothing.
        """
        if id in self._places and id not in self._unproven:
            return str(self._places[id].key)
        if id not in self._scope.vswitch_ids:
            return None
        tag = cluster_tag(self._scope.technical_id)
        found = (vswitch for vswitch in self._inventory.of("alicloud_vswitch") if vswitch.id == id)
        return next((vswitch.zone for vswitch in found if tag in vswitch.tags and owner_of(vswitch) is None), None)

    def _is_address_for_us(self, association: CloudResource) -> bool:
        """Return whether the bound address is the shoot's, or one that the manifests name."""
        allocation_id = association.attributes["allocation_id"]
        return allocation_id in self._places or allocation_id in self._scope.eip_zones

    def _is_bound_by_us(self, association: CloudResource) -> bool:
        """
        Return whether an address is bound for the shoot: the gateway is the shoot's, or the address is.

        The user's address at the user's gateway is bound for the shoot if an SNAT entry of the shoot uses it: a run
        refuses an address that was bound before.
        """
        if not self._is_address_for_us(association):
            return False
        if association.parent in self._places:
            return True
        if association.attributes["allocation_id"] in self._places:
            # A cluster's tag alone proves no other owner: several clusters may use a gateway of the user's.
            return association.parent not in self._owned_elsewhere
        if association.parent in self._marked_elsewhere:
            return False
        sources = self._sources_behind(association)
        return bool(sources) and sources <= self._places.keys() - self._unproven

    def _is_unproven_binding(self, resource: CloudResource) -> bool:
        """Return whether a run may have bound the user's address to the user's gateway: no foreign entry uses it."""
        return (
            resource.type == "alicloud_eip_association"
            and resource.attributes["allocation_id"] in self._scope.eip_zones
            and resource.parent not in self._marked_elsewhere
            and self._sources_behind(resource) <= self._places.keys()
        )

    def _sources_behind(self, association: CloudResource) -> set[str]:
        """Return the vSwitches whose traffic leaves by a bound address; any other source counts as ""."""
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
    """Return the owner in the description that an object got when it was created, or None."""
    return described_owner(resource.description) if RESOURCE_TYPES[resource.type].tagged == "later" else None


def _spot(address: Address) -> Address:
    """Return an address without the index 0 of a type with at most one object: an old state may lack that index."""
    return replace(address, key=None) if address.key == 0 else address


def _parents(resource: CloudResource) -> AbstractSet[str]:
    """Return the ids of the objects without which an object cannot exist."""
    others = (resource.attributes.get(name, "") for name in RESOURCE_TYPES[resource.type].needs)
    return {resource.parent, *others} - {""}


def _moved_away_from(resource: CloudResource) -> AbstractSet[str]:
    """Return the ids of the objects that an object uses and could be moved away from."""
    used = {resource.attributes.get(name, "") for name in ("security_group_id", "nexthop_id")}
    return (used | {resource.facts.get("vswitch_id", "")}) - {resource.parent, ""}

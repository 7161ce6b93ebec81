"""
Objects of a shoot in an inventory, and the decision about their owner.

Every builder makes an object as the shoot's runs make it; a test changes the attributes that it is about.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from provisioner.cloud import CloudResource, Inventory
from provisioner.run.adoption.ownership import decide_ownership
from provisioner.run.adoption.scope import Scope
from provisioner.tfstate import Address, Instance
from provisioner.translate.names import cluster_tag, owner_description
from provisioner.translate.resource_types import SCALING_GROUP

ID, ENTRY = "shoot--foo--bar", "shoot--foo--bar--uid-1"
CLUSTER = {cluster_tag(ID): "1"}
OWNED = {**CLUSTER, "provisioner/owner": ENTRY}
FOREIGN = {**CLUSTER, "provisioner/owner": "shoot--foo--bar--uid-2"}
BORN, FOREIGN_BORN = owner_description(ENTRY), owner_description("shoot--foo--bar--uid-2")
"""Descriptions that say the same."""
BEGUN = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
FRESH = BEGUN + timedelta(seconds=30)
ZONES = ("z-a", "z-b", "z-c")
NET = "module.infrastructure"
GROUP = "shoot--foo--bar-general-z-a"
DEAD = Scope(
    ID,
    ENTRY,
    zones=ZONES,
    groups={SCALING_GROUP.name_of(ID, pool="general", zone=zone): ("general", zone) for zone in ZONES},
    pod_cidr="100.64.0.0/11",
    unclean_since=BEGUN,
)
"""After a run that was killed."""
CLEAN = replace(DEAD, unclean_since=None)
ADOPTING = replace(CLEAN, includes_unproven=True)


def vpc(id="vpc-1", name=f"{ID}-vpc", tags=OWNED, created=FRESH, **changes):
    return CloudResource("alicloud_vpc", id, name, tags=tags, created=created, facts={"cidr": "10.0.0.0/8"}, **changes)


def vswitch(id="vsw-1", name=f"{ID}-z-a-vsw", parent="vpc-1", *, zone="z-a", tags=OWNED, created=FRESH, **changes):
    return CloudResource("alicloud_vswitch", id, name, parent, zone, tags, created, **changes)


def gateway(id="ngw-1", name=f"{ID}-natgw", parent="vpc-1", tags=OWNED, created=FRESH, **changes):
    return CloudResource("alicloud_nat_gateway", id, name, parent, tags=tags, created=created, **changes)


def ipv6_gateway(id="ipv6gw-1", name=f"{ID}-ipv6gw", parent="vpc-1", tags=OWNED, created=FRESH, **changes):
    return CloudResource("alicloud_vpc_ipv6_gateway", id, name, parent, tags=tags, created=created, **changes)


def route_table(id="vtb-1", name=f"{ID}-rt", parent="vpc-1", tags=OWNED):
    return CloudResource("alicloud_route_table", id, name, parent, tags=tags, created=FRESH)


def route(destination="0.0.0.0/0", parent="vtb-1", target="ngw-1"):
    attributes = {"destination_cidrblock": destination, "nexthop_id": target}
    return CloudResource("alicloud_route_entry", f"{parent}:{destination}", parent=parent, attributes=attributes)


def security_group(id="sg-1", name=f"{ID}-sg", parent="vpc-1", tags=OWNED):
    return CloudResource("alicloud_security_group", id, name, parent, tags=tags, created=FRESH)


def eip(id="eip-1", name=f"{ID}-eip-natgw-z0", tags=OWNED, created=FRESH, **changes):
    return CloudResource("alicloud_eip_address", id, name, tags=tags, created=created, **changes)


def association(eip_id="eip-1", gateway_id="ngw-1"):
    attributes = {"allocation_id": eip_id, "instance_id": gateway_id}
    facts = {"ip_address": f"address of {eip_id}"}
    return CloudResource(
        "alicloud_eip_association", f"{eip_id}:{gateway_id}", parent=gateway_id, attributes=attributes, facts=facts
    )


def snat_entry(id="stb:snat-1", name=f"{ID}-snat-z0", parent="ngw-1", vswitch_id="vsw-1", eip_id="eip-1"):
    attributes = {"source_vswitch_id": vswitch_id, "snat_ip": f"address of {eip_id}"}
    return CloudResource("alicloud_snat_entry", id, name, parent, attributes=attributes)


def rule(ports="1/22", protocol="tcp", cidr="10.0.0.0/8", *, policy="accept", priority=1, parent="sg-1"):
    attributes = {
        "ip_protocol": protocol,
        "port_range": ports,
        "cidr_ip": cidr,
        "policy": policy,
        "priority": priority,
        "security_group_id": parent,
    }
    id = f"{parent}:{protocol}:{ports}:{cidr}:{policy}:{priority}"
    facts = {"vpc_cidr": "10.0.0.0/8"}
    return CloudResource("alicloud_security_group_rule", id, parent=parent, attributes=attributes, facts=facts)


def key_pair(name=f"{ID}-ssh-publickey", tags=OWNED):
    return CloudResource("alicloud_ecs_key_pair", name, name, tags=tags)


def group(id="asg-1", name=GROUP, parent="vpc-1", *, vswitch_id="vsw-1", tags=OWNED, created=FRESH):
    facts = {"vswitch_id": vswitch_id, "is_enabled": True}
    return CloudResource("alicloud_ess_scaling_group", id, name, parent, tags=tags, created=created, facts=facts)


def configuration(id="asc-1", parent="asg-1", is_active=True, created=FRESH, security_group_id="sg-1"):
    return CloudResource(
        "alicloud_ess_scaling_configuration",
        id,
        parent=parent,
        created=created,
        attributes={"security_group_id": security_group_id},
        facts={"is_active": is_active, "is_enabled": True},
    )


def listed(type, name, id, key=None, module=NET, **content):
    return Instance(Address(module, type, name, key), {"attributes": {"id": id}, **content})


VPC_IN_STATE = listed("alicloud_vpc", "this", "vpc-1")
VSWITCH_IN_STATE = listed("alicloud_vswitch", "nodes", "vsw-1", "z-a")


def decide(*resources, scope=DEAD, state=()):
    """Return which of these are the shoot's, given the instances in the states of both roots."""
    worker = tuple(instance for instance in state if instance.address.module.startswith("module.worker_pool"))
    states = {"infrastructure": tuple(instance for instance in state if instance not in worker), "worker": worker}
    return decide_ownership(Inventory(resources), scope, states)


def claimed(*resources, **options):
    """Return the address by id of each claimed object, with a `!` if it is surplus."""
    return {
        claim.resource.id: ("!" if claim.is_surplus else "") + str(claim.address)
        for claim in decide(*resources, **options).claims
    }


def strangers(*resources, **options):
    """Return the ids of objects that may be the shoot's, without any proof."""
    return [stranger.id for stranger in decide(*resources, **options).strangers]


def staying(*resources, **options):
    """Return by id why a surplus object stays."""
    return {extra.resource.id: extra.reason for extra in decide(*resources, **options).surplus}


def proofs(*resources, **options):
    """Return by id the proof that an object is the shoot's."""
    return {claim.resource.id: claim.proof for claim in decide(*resources, **options).claims}

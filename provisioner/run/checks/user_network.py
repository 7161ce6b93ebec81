"""
Checks the user's objects that a shoot's network uses, before terraform plans anything.

Their owner matters when the shoot begins to use them: if the state lists the object already, the run only warns.

Source of the rules: the checks before each reconcile in gardener-extension-provider-alicloud
pkg/controller/infrastructure, read 2026-07. Checks for new shoots there run here only while the state does not list the
object yet: a running cluster stays reconcilable.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from ipaddress import IPv4Network, IPv6Address, ip_address, ip_network
from typing import Final

from provisioner.api.alicloud_v1alpha1 import InfrastructureConfig
from provisioner.cloud import CloudClient, CloudResource, network
from provisioner.errors import ManifestError, Problem
from provisioner.run.adoption.ownership import foreign_marks, owner_of
from provisioner.run.session import Session
from provisioner.run.timing import timed
from provisioner.tfstate import Instance, State
from provisioner.translate.names import CLUSTER_TAG_PREFIX, OWNER_TAG
from provisioner.translate.resource_types import EIP_ASSOCIATION, NAT_GATEWAY
from provisioner.translate.user_network import (
    DEFAULT_CHARGE_TYPE,
    UserEip,
    UserNatGateway,
    UserNetwork,
    UserVpc,
)

_IPV6_HOST_BITS: Final = 64
_IPV6_BLOCKS: Final = 256
"""The /64 ranges in a VPC's /56."""
_NODES: Final = "nodes"
"""The purpose of vSwitches and security groups for machines."""


def look_at_user_network(session: Session, state: State) -> UserNetwork:
    """
    Return the user's objects that the shoot's network uses; `state` is that of the infrastructure root.

    A shoot with its own VPC and EIPs costs no call.

    Raises:
        ManifestError: an object is missing or not usable; all problems at once.
        CloudError: the cloud refused, or could not be reached.
    """
    infrastructure = session.target.infrastructure
    config = infrastructure.spec.provider_config if infrastructure is not None else None
    if infrastructure is None or config is None:
        return UserNetwork()
    with timed("look at the user's network"):
        look = _Look(session, infrastructure.reference, config, state)
        user_network = look.user_network()
    if look.problems:
        raise ManifestError(look.problems)
    return user_network


def require_own_placement(session: Session, state: State) -> None:
    """
    Refuse a Worker that begins to use another shoot's vSwitch or security group; `state` is the worker root's.

    Only an InfrastructureStatus can name one, and only objects that the state does not list yet cost calls. A network
    without an owner is another tool's.

    Raises:
        ManifestError: another shoot owns one; all problems at once.
        CloudError: the cloud refused, or could not be reached.
    """
    worker = session.target.worker
    status = worker.spec.infrastructure_provider_status if worker is not None else None
    if worker is None or status is None or session.target.worker_is_linked:
        return
    zones = {zone for pool in worker.spec.pools for zone in pool.zones}
    vswitches = [vswitch.id for vswitch in status.vpc.vswitches if vswitch.zone in zones and vswitch.purpose == _NODES]
    groups = [group.id for group in status.vpc.security_groups if zones and group.purpose == _NODES]
    named = [("vswitches", "vSwitch", id) for id in vswitches]
    named += [("securityGroups", "security group", id) for id in groups]
    used = {str(instance.attributes.get("security_group_id")) for instance in state.instances()}
    used |= {str(id) for instance in state.instances() for id in instance.attributes.get("vswitch_ids") or ()}
    new = [item for item in named if item[-1] not in used]
    if not new:
        return
    with timed("look at the placement"):
        found = [
            *network.find_vswitches(session.client, status.vpc.id),
            *network.find_security_groups(session.client, status.vpc.id),
        ]
    technical_id = session.target.identity.technical_id
    owners = {resource.id: owner_of(resource) or technical_id for resource in found}
    problems = [
        Problem(
            worker.reference,
            f"spec.infrastructureProviderStatus.vpc.{field}",
            "Forbidden",
            f"{kind} {id} is another shoot's: it carries {OWNER_TAG}: {owners[id]}",
            "use the status of this shoot's Infrastructure",
        )
        for field, kind, id in new
        # While the uid was unknown, this shoot's owner tag had another value.
        if id in owners and owners[id] != technical_id and not owners[id].startswith(f"{technical_id}--")
    ]
    if problems:
        raise ManifestError(problems)


class _Look:
    def __init__(self, session: Session, reference: str, config: InfrastructureConfig, state: State) -> None:
        self.problems: list[Problem] = []
        self._client: CloudClient = session.client
        self._technical_id = session.target.identity.technical_id
        self._entry_name = session.entry_name
        self._reporter = session.context.reporter
        self._reference = reference
        self._config = config
        self._outputs = state.outputs
        self._instances = state.instances()

    def user_network(self) -> UserNetwork:
        vpc_id = self._config.networks.vpc.id
        vpc: UserVpc | None = None
        gateway: UserNatGateway | None = None
        if vpc_id is not None:
            found = next(iter(network.find_vpcs(self._client, {"VpcId": vpc_id})), None)
            if found is None:
                self._complain("vpc.id", "Invalid", f"there is no VPC {vpc_id} in {self._client.region}")
                return UserNetwork()
            vpc = self._user_vpc(found)
            owner = [mark for mark in self._foreign_marks(found) if mark.startswith(OWNER_TAG)]
            self._require_no_other("vpc.id", f"VPC {vpc_id}", owner, is_used=self._uses_vpc(vpc_id))
            if not self._config.networks.vpc.has_managed_nat_gateway:
                gateway = self._user_nat_gateway(vpc_id)
        eips = self._user_eips(gateway)
        return UserNetwork(
            vpc,
            gateway,
            {
                zone: UserEip(eip.id, eip.facts["ip_address"], is_free=not eip.facts["instance_id"])
                for zone, eip in eips.items()
            },
            self._charge_type(list(eips.values()), gateway),
        )

    def _user_vpc(self, vpc: CloudResource) -> UserVpc:
        blocks = self._new_blocks()
        vswitches = list(network.find_vswitches(self._client, vpc.id)) if self._new_zones() or blocks else []
        self._check_ranges(vpc, vswitches)
        self._check_shared(vswitches)
        self._check_blocks(vpc, vswitches, blocks)
        gateway_id = None
        if self._config.has_ipv6:
            if not vpc.facts["ipv6_cidr"]:
                fix = "enable IPv6 on it for dual stack"
                self._complain("vpc.id", "Invalid", f"VPC {vpc.id} has no IPv6 range", fix)
            gateway_id = next((found.id for found in network.find_ipv6_gateways(self._client, vpc.id)), None)
            if gateway_id is None:
                self._complain("vpc.id", "Invalid", f"VPC {vpc.id} has no IPv6 gateway", "create one for dual stack")
        return UserVpc(vpc.id, vpc.facts["cidr"], gateway_id)

    def _check_ranges(self, vpc: CloudResource, vswitches: Sequence[CloudResource]) -> None:
        for name, (position, zone) in self._config.networks.distinct_zones.items():
            if zone.cidr is None:
                continue
            path, nodes = f"zones[{position}].workers", IPv4Network(zone.cidr)
            if not any(nodes.subnet_of(around) for around in _ipv4_networks(vpc.facts["cidrs"])):
                ranges = ", ".join(vpc.facts["cidrs"])
                self._complain(path, "Invalid", f"{zone.cidr} is not inside VPC {vpc.id}, which has {ranges}")
            if name not in self._new_zones():
                continue
            for vswitch in vswitches:
                is_ours = vswitch.name.startswith(f"{self._technical_id}-")
                if not is_ours and any(nodes.overlaps(taken) for taken in _ipv4_networks([vswitch.facts["cidr"]])):
                    detail = f"{zone.cidr} overlaps vSwitch {vswitch.id} ({vswitch.facts['cidr']}) in VPC {vpc.id}"
                    self._complain(path, "Invalid", detail, "choose a free range")

    def _new_blocks(self) -> dict[str, tuple[int, int]]:
        """Return position and number of each zone's IPv6 block that its vSwitch in the state does not have yet."""
        if not self._config.has_ipv6:
            return {}
        known = {
            str(instance.address.key): _block_number(str(instance.attributes.get("ipv6_cidr_block") or ""))
            for instance in self._listed("alicloud_vswitch")
        }
        zones = self._config.networks.distinct_zones.items()
        wanted = {
            name: (position, position if zone.ipv6_cidr_block is None else zone.ipv6_cidr_block)
            for name, (position, zone) in zones
        }
        return {name: (position, number) for name, (position, number) in wanted.items() if known.get(name) != number}

    def _check_blocks(
        self, vpc: CloudResource, vswitches: Sequence[CloudResource], blocks: Mapping[str, tuple[int, int]]
    ) -> None:
        """Refuse an IPv6 block that a vSwitch which is not the shoot's has in the VPC."""
        if not vpc.facts["ipv6_cidr"]:
            return
        around = ip_network(vpc.facts["ipv6_cidr"], strict=False)
        own = {instance.id for instance in self._listed("alicloud_vswitch")}
        taken: dict[int, CloudResource] = {}
        for vswitch in vswitches:
            block = vswitch.facts["ipv6_cidr"]
            number = _block_number(block)
            is_ours = vswitch.id in own or vswitch.name.startswith(f"{self._technical_id}-")
            if number is not None and not is_ours and ip_address(block.partition("/")[0]) in around:
                taken[number] = vswitch
        for position, number in blocks.values():
            if number in taken:
                vswitch = taken[number]
                detail = f"{number} is the IPv6 block of vSwitch {vswitch.id} ({vswitch.facts['ipv6_cidr']})"
                detail += f" in VPC {vpc.id}"
                used = {*taken, *(other for _, other in blocks.values())}
                free = next((one for one in range(_IPV6_BLOCKS) if one not in used), None)
                fix = "no block is free" if free is None else f"choose another number, such as {free}"
                self._complain(f"zones[{position}].ipv6CidrBlock", "Invalid", detail, fix)

    def _check_shared(self, vswitches: Sequence[CloudResource]) -> None:
        """Refuse a second managed gateway in the system route table, which has one default route."""
        vpc = self._config.networks.vpc
        if not vpc.has_managed_nat_gateway or vpc.use_custom_route_table or self._listed("alicloud_nat_gateway"):
            return
        others = {
            key.removeprefix(CLUSTER_TAG_PREFIX)
            for vswitch in vswitches
            for key in vswitch.tags
            if key.startswith(CLUSTER_TAG_PREFIX) and key != f"{CLUSTER_TAG_PREFIX}{self._technical_id}"
        }
        if others:
            self._complain(
                "vpc.useCustomRouteTable",
                "Required",
                f"{', '.join(sorted(others))} also uses the VPC, whose route table can lead to one gateway only",
                "set useCustomRouteTable: true",
            )

    def _user_nat_gateway(self, vpc_id: str) -> UserNatGateway | None:
        """Return the user's gateway: the one in the state, else the only one that is no shoot's."""
        gateways = list(network.find_nat_gateways(self._client, vpc_id))
        own = {instance.id for instance in self._listed(NAT_GATEWAY.type)}
        candidates = [gateway for gateway in gateways if not _is_of_a_shoot(gateway)]
        in_use = [gateway for gateway in gateways if gateway.id not in own and self._uses_gateway(gateway.id)]
        chosen = in_use or candidates
        if len(chosen) != 1:
            ids = ", ".join(sorted(gateway.id for gateway in chosen))
            found = f"several NAT gateways of its own: {ids}" if chosen else "no NAT gateway of its own"
            fix = "keep one" if chosen else "create one"
            others = [gateway for gateway in gateways if gateway not in candidates and gateway.id not in own]
            beside = "".join(
                f"; {gateway.id} is another shoot's ({', '.join(self._foreign_marks(gateway))})" for gateway in others
            )
            detail = f"VPC {vpc_id} has {found}; exactly one is needed{'' if chosen else beside}"
            self._complain("vpc.id", "Invalid", detail, f"{fix}, or set vpc.gardenerManagedNATGateway: true")
            return None
        self._require_no_other("vpc.id", f"NAT gateway {chosen[0].id}", self._foreign_marks(chosen[0]), is_used=True)
        tables = chosen[0].facts["snat_tables"]
        if not tables:
            self._complain("vpc.id", "Invalid", f"NAT gateway {chosen[0].id} of VPC {vpc_id} has no SNAT table")
            return None
        return UserNatGateway(chosen[0].id, tables[0])

    def _user_eips(self, gateway: UserNatGateway | None) -> dict[str, CloudResource]:
        wanted, zones = self._config.networks.user_eips, self._config.networks.distinct_zones
        existing = {eip.id: eip for eip in network.read_addresses(self._client, list(wanted.values()))}
        own = {gateway.id} if gateway else {instance.id for instance in self._listed("alicloud_nat_gateway")}
        found: dict[str, CloudResource] = {}
        for name, id in wanted.items():
            path = f"zones[{zones[name][0]}].natGateway.eipAllocationID"
            eip = existing.get(id)
            user = eip.facts["instance_id"] if eip is not None else ""
            if eip is None:
                self._complain(path, "Invalid", f"there is no EIP {id} in {self._client.region}")
            elif user and user not in own:
                self._complain(path, "Invalid", f"EIP {id} is in use by {user}", "unbind it first")
            elif gateway is not None and user and not self._binds(id):
                detail = f"EIP {id} is bound to NAT gateway {user}, and no state of this shoot lists that binding"
                fix = "unbind it; if a killed run of this shoot did that, `provision adopt FILE... --yes` records it"
                self._complain(path, "Invalid", detail, fix)
            elif eip.status not in ("Available", "InUse", "Associating"):
                self._complain(path, "Invalid", f"EIP {id} is {eip.status}", "wait until it is Available")
            else:
                found[name] = eip
            if eip is not None:
                self._require_no_other(path, f"EIP {id}", self._foreign_marks(eip), is_used=self._binds(id))
        return found

    def _foreign_marks(self, resource: CloudResource) -> list[str]:
        return foreign_marks(resource, self._technical_id, self._entry_name)

    def _require_no_other(self, place: str, what: str, marks: Sequence[str], *, is_used: bool) -> None:
        """Refuse to begin to use another shoot's object; warn if this shoot uses it already."""
        if not marks:
            return
        path = f"spec.providerConfig.networks.{place}"
        detail = f"{what} is another shoot's: it carries {', '.join(marks)}"
        if is_used:
            self._reporter.warn(Problem(self._reference, path, "Forbidden", detail, "check which of the two needs it"))
        else:
            self._complain(place, "Forbidden", detail, "name one that no shoot owns, or remove the tag if it is stale")

    def _uses_vpc(self, id: str) -> bool:
        if self._outputs.get("vpc_id") == id:
            return True
        return any(instance.attributes.get("vpc_id") == id for instance in self._instances)

    def _uses_gateway(self, id: str) -> bool:
        bound = any(binding.id.endswith(f":{id}") for binding in self._listed(EIP_ASSOCIATION.type))
        return bound or self._outputs.get("nat_gateway_id") == id

    def _binds(self, eip_id: str) -> bool:
        """Return whether the state lists a binding of an EIP."""
        return any(binding.id.startswith(f"{eip_id}:") for binding in self._listed(EIP_ASSOCIATION.type))

    def _charge_type(self, eips: Sequence[CloudResource], gateway: UserNatGateway | None) -> str:
        for eip in eips:
            return str(eip.facts["charge_type"])
        for instance in self._listed("alicloud_eip_address"):
            kept = instance.attributes.get("internet_charge_type")
            if kept:
                return str(kept)
        if gateway is not None and gateway.id is not None:
            for eip in network.find_bound_addresses(self._client, gateway.id):
                return str(eip.facts["charge_type"])
        return DEFAULT_CHARGE_TYPE

    def _new_zones(self) -> set[str]:
        """Return the zones that have no vSwitch in the state yet."""
        listed = {str(instance.address.key) for instance in self._listed("alicloud_vswitch")}
        return self._config.networks.distinct_zones.keys() - listed

    def _listed(self, type: str) -> list[Instance]:
        return [instance for instance in self._instances if instance.address.type == type and not instance.is_deposed]

    def _complain(self, place: str, type: str, detail: str, fix: str = "") -> None:
        path = f"spec.providerConfig.networks.{place}"
        self.problems.append(Problem(self._reference, path, type, detail, fix))


def _is_of_a_shoot(gateway: CloudResource) -> bool:
    """Return whether a gateway belongs to any shoot, even if it has no owner tag yet."""
    return owner_of(gateway) is not None or any(key.startswith(CLUSTER_TAG_PREFIX) for key in gateway.tags)


def _block_number(cidr: str) -> int | None:
    """Return the number of a /64 in its /56; None for a text that is no range."""
    address = cidr.partition("/")[0]
    return int(IPv6Address(address)) >> _IPV6_HOST_BITS & (_IPV6_BLOCKS - 1) if address else None


def _ipv4_networks(texts: Sequence[str]) -> Iterator[IPv4Network]:
    for text in texts:
        around = ip_network(text, strict=False) if text else None
        if isinstance(around, IPv4Network):
            yield around

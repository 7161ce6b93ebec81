"""
Finds the parts of a network: a function per type, each yielding the objects in one VPC, gateway or region.

Sources: the answers of the Describe actions of Vpc 2016-04-28 and Ecs 2014-05-26, API documents read 2026-11.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from ipaddress import IPv4Network
from typing import Any, Final

from provisioner.cloud.client import CloudClient
from provisioner.cloud.resource import CloudResource, row_tags, row_time, tags_by_id

_RESERVED_ADDRESSES: Final = 4
"""Of each vSwitch: the first one and the last three."""


def find_vpcs(client: CloudClient, given: Mapping[str, str]) -> Iterator[CloudResource]:
    """Yield the VPCs that a filter of the service lets through."""
    for row in client.pages("vpc", "DescribeVpcs", given, "Vpcs", "Vpc"):
        cidr = row.get("CidrBlock", "")
        secondary = (row.get("SecondaryCidrBlocks") or {}).get("SecondaryCidrBlock", ())
        yield CloudResource(
            "alicloud_vpc",
            row["VpcId"],
            row.get("VpcName", ""),
            tags=row_tags(row),
            created=row_time(row, "CreationTime"),
            status=row.get("Status", ""),
            holds=(*_ids(row, "VSwitchIds", "VSwitchId"), *_ids(row, "NatGatewayIds", "NatGatewayIds")),
            facts={"cidr": cidr, "cidrs": (cidr, *secondary), "ipv6_cidr": row.get("Ipv6CidrBlock") or ""},
        )


def find_vswitches(client: CloudClient, vpc_id: str) -> Iterator[CloudResource]:
    """Yield the vSwitches of a VPC."""
    for row in client.pages("vpc", "DescribeVSwitches", {"VpcId": vpc_id}, "VSwitches", "VSwitch"):
        used = _used_addresses(row)
        yield CloudResource(
            "alicloud_vswitch",
            row["VSwitchId"],
            row.get("VSwitchName", ""),
            vpc_id,
            row.get("ZoneId", ""),
            row_tags(row),
            row_time(row, "CreationTime"),
            status=row.get("Status", ""),
            holds=(f"{used} addresses",) if used else (),
            description=row.get("Description") or "",
            facts={"cidr": row.get("CidrBlock", ""), "ipv6_cidr": row.get("Ipv6CidrBlock") or ""},
        )


def tag_values_of_vswitches(client: CloudClient, key: str) -> set[str]:
    """Return every value that a tag has on a vSwitch of the region; every shoot has vSwitches."""
    rows = client.pages("vpc", "DescribeVSwitches", {"Tag.1.Key": key}, "VSwitches", "VSwitch")
    return {tags[key] for tags in map(row_tags, rows) if key in tags}


def find_nat_gateways(client: CloudClient, vpc_id: str) -> Iterator[CloudResource]:
    """Yield the NAT gateways of a VPC."""
    rows = list(client.pages("vpc", "DescribeNatGateways", {"VpcId": vpc_id}, "NatGateways", "NatGateway"))
    tags = tags_by_id(client, "vpc", "NATGATEWAY", [row["NatGatewayId"] for row in rows])
    for row in rows:
        yield CloudResource(
            "alicloud_nat_gateway",
            row["NatGatewayId"],
            row.get("Name", ""),
            vpc_id,
            tags=tags.get(row["NatGatewayId"], {}),
            created=row_time(row, "CreationTime"),
            attributes={"vpc_id": vpc_id},
            status=row.get("Status", ""),
            holds=tuple(address["AllocationId"] for address in (row.get("IpLists") or {}).get("IpList", ())),
            description=row.get("Description") or "",
            facts={"snat_tables": tuple(row["SnatTableIds"]["SnatTableId"])},
        )


def find_security_groups(client: CloudClient, vpc_id: str) -> Iterator[CloudResource]:
    """Yield the security groups of a VPC."""
    for row in client.pages(
        "ecs",
        "DescribeSecurityGroups",
        # Without the query the service counts no machines.
        {"VpcId": vpc_id, "IsQueryEcsCount": "true"},
        "SecurityGroups",
        "SecurityGroup",
    ):
        machines = int(row.get("EcsCount") or 0)
        yield CloudResource(
            "alicloud_security_group",
            row["SecurityGroupId"],
            row.get("SecurityGroupName", ""),
            vpc_id,
            tags=row_tags(row),
            created=row_time(row, "CreationTime"),
            holds=(f"{machines} machines",) if machines else (),
        )


def find_rules(client: CloudClient, group_id: str, vpc_cidr: str) -> Iterator[CloudResource]:
    """Yield the rules of a group that let something in from a range."""
    answer = client.call("ecs", "DescribeSecurityGroupAttribute", {"SecurityGroupId": group_id})
    for row in answer["Permissions"]["Permission"]:
        # A peer that is another group or a prefix list is none of ours.
        if row.get("Direction") != "ingress" or not row.get("SourceCidrIp"):
            continue
        protocol, ports, cidr = row["IpProtocol"].lower(), row["PortRange"], row["SourceCidrIp"]
        policy = row.get("Policy", "Accept").lower()
        yield CloudResource(
            "alicloud_security_group_rule",
            f"{group_id}:ingress:{protocol}:{ports}:intranet:{cidr}:{policy}:{row.get('Priority', 1)}",
            parent=group_id,
            created=row_time(row, "CreateTime"),
            attributes={
                "type": "ingress",
                "ip_protocol": protocol,
                "port_range": ports,
                "cidr_ip": cidr,
                "nic_type": "intranet",
                "policy": policy,
                "priority": int(row.get("Priority", 1)),
                "security_group_id": group_id,
            },
            facts={"vpc_cidr": vpc_cidr},
        )


def find_addresses(
    client: CloudClient, tag: tuple[str, str], name_prefix: str, gateway_ids: set[str]
) -> Iterator[CloudResource]:
    """Yield the EIPs that carry the tag, are named alike or are bound to a gateway, and their associations."""
    for address in _addresses(client, {}):
        instance_id = address.facts["instance_id"]
        is_near = address.name.startswith(name_prefix) or instance_id in gateway_ids
        if address.tags.get(tag[0]) != tag[1] and not is_near:
            continue
        yield address
        if instance_id in gateway_ids:
            yield CloudResource(
                "alicloud_eip_association",
                f"{address.id}:{instance_id}",
                parent=instance_id,
                attributes={
                    "allocation_id": address.id,
                    "instance_id": instance_id,
                    "instance_type": address.facts["instance_type"],
                },
                facts={"ip_address": address.facts["ip_address"]},
            )


def read_addresses(client: CloudClient, ids: list[str]) -> Iterator[CloudResource]:
    """Yield the EIPs with these ids that exist, and what they are bound to."""
    yield from _addresses(client, {"AllocationId": ",".join(ids)}) if ids else ()


def find_bound_addresses(client: CloudClient, gateway_id: str) -> Iterator[CloudResource]:
    """Yield the EIPs that are bound to a NAT gateway."""
    yield from _addresses(client, {"AssociatedInstanceType": "Nat", "AssociatedInstanceId": gateway_id})


def _addresses(client: CloudClient, given: Mapping[str, str]) -> Iterator[CloudResource]:
    for row in client.pages("vpc", "DescribeEipAddresses", given, "EipAddresses", "EipAddress"):
        yield CloudResource(
            "alicloud_eip_address",
            row["AllocationId"],
            row.get("Name", ""),
            tags=row_tags(row),
            created=row_time(row, "AllocationTime"),
            status=row.get("Status", ""),
            holds=(row["InstanceId"],) if row.get("InstanceId") else (),
            # The key that the service documents is misspelt; both are answered.
            description=row.get("Description") or row.get("Descritpion") or "",
            facts={
                "ip_address": row.get("IpAddress", ""),
                "instance_id": row.get("InstanceId") or "",
                "instance_type": row.get("InstanceType", ""),
                "charge_type": row.get("InternetChargeType", ""),
            },
        )


def find_ipv6_gateways(client: CloudClient, vpc_id: str) -> Iterator[CloudResource]:
    """Yield the IPv6 gateway of a VPC, if it has one."""
    for row in client.pages("vpc", "DescribeIpv6Gateways", {"VpcId": vpc_id}, "Ipv6Gateways", "Ipv6Gateway"):
        yield CloudResource(
            "alicloud_vpc_ipv6_gateway",
            row["Ipv6GatewayId"],
            row.get("Name", ""),
            vpc_id,
            tags=row_tags(row),
            created=row_time(row, "CreationTime"),
            attributes={"vpc_id": vpc_id},
            status=row.get("Status", ""),
            description=row.get("Description") or "",
        )


def find_route_tables(client: CloudClient, vpc_id: str) -> Iterator[CloudResource]:
    """Yield the custom route tables of a VPC, each followed by its custom entries and its attachments to vSwitches."""
    rows = client.pages(
        "vpc",
        "DescribeRouteTableList",
        {"VpcId": vpc_id},
        "RouterTableList",
        "RouterTableListType",
    )
    for row in rows:
        if row.get("RouteTableType") != "Custom":
            continue
        table_id = row["RouteTableId"]
        yield CloudResource(
            "alicloud_route_table",
            table_id,
            row.get("RouteTableName", ""),
            vpc_id,
            tags=row_tags(row),
            created=row_time(row, "CreationTime"),
            attributes={"vpc_id": vpc_id},
            status=row.get("Status", ""),
        )
        yield from _route_entries(client, row)
        for vswitch_id in row["VSwitchIds"]["VSwitchId"]:
            yield CloudResource(
                "alicloud_route_table_attachment",
                f"{table_id}:{vswitch_id}",
                parent=table_id,
                attributes={"route_table_id": table_id, "vswitch_id": vswitch_id},
            )


def _route_entries(client: CloudClient, table: Mapping[str, Any]) -> Iterator[CloudResource]:
    table_id = table["RouteTableId"]
    # DescribeRouteTableList has no entries; this is the older action, which the provider reads them with, too.
    answer = client.call("vpc", "DescribeRouteTables", {"RouteTableId": table_id})
    for listed in answer["RouteTables"]["RouteTable"]:
        for row in listed["RouteEntrys"]["RouteEntry"]:
            destination, kind, target = row["DestinationCidrBlock"], row["NextHopType"], row.get("InstanceId", "")
            if row.get("Type") != "Custom":
                continue
            yield CloudResource(
                "alicloud_route_entry",
                # The provider puts underscores for the colons of an IPv6 range: they divide the parts of the id.
                f"{table_id}:{table.get('RouterId', '')}:{destination.replace(':', '_')}:{kind}:{target}",
                row.get("RouteEntryName", ""),
                table_id,
                attributes={
                    "route_table_id": table_id,
                    "destination_cidrblock": destination,
                    "nexthop_type": kind,
                    "nexthop_id": target,
                },
            )


def find_snat_entries(client: CloudClient, gateway_id: str, table: str) -> Iterator[CloudResource]:
    """Yield the entries of a gateway's SNAT table."""
    for row in client.pages(
        "vpc",
        "DescribeSnatTableEntries",
        {"SnatTableId": table},
        "SnatTableEntries",
        "SnatTableEntry",
    ):
        yield CloudResource(
            "alicloud_snat_entry",
            f"{table}:{row['SnatEntryId']}",
            row.get("SnatEntryName", ""),
            gateway_id,
            status=row.get("Status", ""),
            attributes={
                "snat_table_id": table,
                "source_vswitch_id": row.get("SourceVSwitchId", ""),
                "snat_ip": row.get("SnatIp", ""),
            },
        )


def find_key_pairs(client: CloudClient, tag_filter: Mapping[str, str]) -> Iterator[CloudResource]:
    """Yield the key pairs that a filter of the service lets through."""
    # A key pair is tagged by the call that makes it.
    for row in client.pages("ecs", "DescribeKeyPairs", tag_filter, "KeyPairs", "KeyPair"):
        name = row["KeyPairName"]
        yield CloudResource(
            "alicloud_ecs_key_pair", name, name, tags=row_tags(row), created=row_time(row, "CreationTime")
        )


def _ids(row: Mapping[str, Any], container: str, element: str) -> tuple[str, ...]:
    return tuple((row.get(container) or {}).get(element, ()))


def _used_addresses(vswitch: Mapping[str, Any]) -> int:
    """Return how many addresses of a vSwitch are taken; nothing else reveals its machines."""
    free = IPv4Network(vswitch["CidrBlock"]).num_addresses - _RESERVED_ADDRESSES
    return free - int(vswitch.get("AvailableIpAddressCount", free))

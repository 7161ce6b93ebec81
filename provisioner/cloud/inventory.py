"""
What the cloud holds of one shoot, found without any state: by tag, by name, and through parents.

The real provider tags vSwitches, NAT gateways, EIPs and scaling groups in a second call after it created them, so what
a killed run leaves behind may carry no tag yet. SNAT entries, EIP associations, security group rules and scaling
configurations cannot be tagged at all (a configuration's tags are those of its instances): they belong to their
parents.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from provisioner.cloud.client import CloudClient
from provisioner.cloud.scaling import IDS_PER_CALL


@dataclass(frozen=True, slots=True)
class CloudResource:
    """One object of the cloud that terraform could manage."""

    type: str
    """Terraform's resource type, for example `alicloud_vswitch`."""
    id: str
    """The id that terraform knows it by, as the provider documents it for `import`."""
    name: str = ""
    parent: str = ""
    """Id of the VPC, NAT gateway, security group or scaling group it is in; empty for what stands alone."""
    zone: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    created: datetime | None = None
    """None where the service does not tell."""
    attributes: Mapping[str, Any] = field(default_factory=dict)
    """Attributes of the resource type that are known from finding it; its required ones are among them."""
    facts: Mapping[str, Any] = field(default_factory=dict)
    """What else is worth knowing of this type."""


class Inventory:
    """Everything found of one shoot, and what else is in its VPCs: whose it is, is not decided here."""

    def __init__(self, resources: Iterable[CloudResource]) -> None:
        self._resources = {(resource.type, resource.id): resource for resource in resources}

    def __iter__(self) -> Iterator[CloudResource]:
        """Yield every resource, parents before their children."""
        return iter(self._resources.values())

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._resources)

    def of(self, type: str) -> list[CloudResource]:
        """Return the resources of one type."""
        return [resource for resource in self if resource.type == type]


def find_resources(
    client: CloudClient, *, tag: tuple[str, str], name_prefix: str, vpc_ids: Iterable[str] = ()
) -> Inventory:
    """
    Return what the cloud holds that carries `tag`, is named like the shoot's objects, or is in one of its VPCs.

    `vpc_ids` are VPCs known to be the shoot's, or used by it. An untagged object outside any VPC is found by
    `name_prefix`.

    Raises:
        CloudError: the cloud refused, or could not be reached.
    """
    return Inventory(_find(client, tag, name_prefix, vpc_ids))


def _find(
    client: CloudClient, tag: tuple[str, str], name_prefix: str, vpc_ids: Iterable[str]
) -> Iterator[CloudResource]:
    tag_filter = {"Tag.1.Key": tag[0], "Tag.1.Value": tag[1]}
    vpcs = {vpc.id: vpc for vpc in _vpcs(client, tag_filter)}
    for vpc_id in vpc_ids:
        for vpc in () if vpc_id in vpcs else _vpcs(client, {"VpcId": vpc_id}):
            vpcs[vpc.id] = vpc
    yield from vpcs.values()
    gateways: list[CloudResource] = []
    for vpc_id in vpcs:
        yield from _vswitches(client, vpc_id)
        found = list(_nat_gateways(client, vpc_id))
        yield from found
        gateways += found
        for group in _security_groups(client, vpc_id):
            yield group
            yield from _rules(client, group.id)
    yield from _addresses(client, tag, name_prefix, {gateway.id for gateway in gateways})
    for gateway in gateways:
        for table in gateway.facts["snat_tables"]:
            yield from _snat_entries(client, gateway.id, table)
    yield from _key_pairs(client, tag_filter)
    yield from _scaling_groups(client, tag, name_prefix, set(vpcs))


def _vpcs(client: CloudClient, given: Mapping[str, str]) -> Iterator[CloudResource]:
    for row in client.pages("vpc", "DescribeVpcs", given, lambda answer: list(answer["Vpcs"]["Vpc"])):
        yield CloudResource(
            "alicloud_vpc", row["VpcId"], row.get("VpcName", ""), tags=_tags(row), created=_time(row, "CreationTime")
        )


def _vswitches(client: CloudClient, vpc_id: str) -> Iterator[CloudResource]:
    for row in client.pages(
        "vpc", "DescribeVSwitches", {"VpcId": vpc_id}, lambda answer: list(answer["VSwitches"]["VSwitch"])
    ):
        yield CloudResource(
            "alicloud_vswitch",
            row["VSwitchId"],
            row.get("VSwitchName", ""),
            vpc_id,
            row.get("ZoneId", ""),
            _tags(row),
            _time(row, "CreationTime"),
        )


def _nat_gateways(client: CloudClient, vpc_id: str) -> Iterator[CloudResource]:
    rows = list(
        client.pages(
            "vpc", "DescribeNatGateways", {"VpcId": vpc_id}, lambda answer: list(answer["NatGateways"]["NatGateway"])
        )
    )
    tags = _tags_by_id(client, "vpc", "NATGATEWAY", [row["NatGatewayId"] for row in rows])
    for row in rows:
        yield CloudResource(
            "alicloud_nat_gateway",
            row["NatGatewayId"],
            row.get("Name", ""),
            vpc_id,
            tags=tags.get(row["NatGatewayId"], {}),
            created=_time(row, "CreationTime"),
            attributes={"vpc_id": vpc_id},
            facts={"snat_tables": tuple(row["SnatTableIds"]["SnatTableId"])},
        )


def _security_groups(client: CloudClient, vpc_id: str) -> Iterator[CloudResource]:
    for row in client.pages(
        "ecs",
        "DescribeSecurityGroups",
        {"VpcId": vpc_id},
        lambda answer: list(answer["SecurityGroups"]["SecurityGroup"]),
    ):
        yield CloudResource(
            "alicloud_security_group",
            row["SecurityGroupId"],
            row.get("SecurityGroupName", ""),
            vpc_id,
            tags=_tags(row),
            created=_time(row, "CreationTime"),
        )


def _rules(client: CloudClient, group_id: str) -> Iterator[CloudResource]:
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
            created=_time(row, "CreateTime"),
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
        )


def _addresses(
    client: CloudClient, tag: tuple[str, str], name_prefix: str, gateway_ids: set[str]
) -> Iterator[CloudResource]:
    for row in client.pages(
        "vpc", "DescribeEipAddresses", {}, lambda answer: list(answer["EipAddresses"]["EipAddress"])
    ):
        tags, instance_id = _tags(row), row.get("InstanceId") or ""
        is_near = row.get("Name", "").startswith(name_prefix) or instance_id in gateway_ids
        if tags.get(tag[0]) != tag[1] and not is_near:
            continue
        yield CloudResource(
            "alicloud_eip_address",
            row["AllocationId"],
            row.get("Name", ""),
            tags=tags,
            created=_time(row, "AllocationTime"),
        )
        if instance_id in gateway_ids:
            yield CloudResource(
                "alicloud_eip_association",
                f"{row['AllocationId']}:{instance_id}",
                parent=instance_id,
                attributes={
                    "allocation_id": row["AllocationId"],
                    "instance_id": instance_id,
                    "instance_type": row.get("InstanceType", ""),
                },
            )


def _snat_entries(client: CloudClient, gateway_id: str, table: str) -> Iterator[CloudResource]:
    for row in client.pages(
        "vpc",
        "DescribeSnatTableEntries",
        {"SnatTableId": table},
        lambda answer: list(answer["SnatTableEntries"]["SnatTableEntry"]),
    ):
        yield CloudResource(
            "alicloud_snat_entry",
            f"{table}:{row['SnatEntryId']}",
            row.get("SnatEntryName", ""),
            gateway_id,
            attributes={
                "snat_table_id": table,
                "source_vswitch_id": row.get("SourceVSwitchId", ""),
                "snat_ip": row.get("SnatIp", ""),
            },
        )


def _key_pairs(client: CloudClient, tag_filter: Mapping[str, str]) -> Iterator[CloudResource]:
    # A key pair is tagged by the call that makes it.
    for row in client.pages("ecs", "DescribeKeyPairs", tag_filter, lambda answer: list(answer["KeyPairs"]["KeyPair"])):
        name = row["KeyPairName"]
        yield CloudResource("alicloud_ecs_key_pair", name, name, tags=_tags(row), created=_time(row, "CreationTime"))


def _scaling_groups(
    client: CloudClient, tag: tuple[str, str], name_prefix: str, vpc_ids: set[str]
) -> Iterator[CloudResource]:
    rows = [
        row
        for row in client.pages(
            "ess", "DescribeScalingGroups", {}, lambda answer: list(answer["ScalingGroups"]["ScalingGroup"])
        )
        if row.get("VpcId") in vpc_ids or row.get("ScalingGroupName", "").startswith(name_prefix)
    ]
    tags = _tags_by_id(client, "ess", "scalinggroup", [row["ScalingGroupId"] for row in rows])
    for row in rows:
        group_id = row["ScalingGroupId"]
        is_enabled = row.get("LifecycleState") == "Active"
        yield CloudResource(
            "alicloud_ess_scaling_group",
            group_id,
            row.get("ScalingGroupName", ""),
            row.get("VpcId", ""),
            tags=tags.get(group_id, {}),
            created=_time(row, "CreationTime"),
            attributes={"min_size": int(row.get("MinSize", 0)), "max_size": int(row.get("MaxSize", 0))},
            facts={"vswitch_id": row.get("VSwitchId", ""), "is_enabled": is_enabled},
        )
        for configuration in client.pages(
            "ess",
            "DescribeScalingConfigurations",
            {"ScalingGroupId": group_id},
            lambda answer: list(answer["ScalingConfigurations"]["ScalingConfiguration"]),
        ):
            yield CloudResource(
                "alicloud_ess_scaling_configuration",
                configuration["ScalingConfigurationId"],
                configuration.get("ScalingConfigurationName", ""),
                group_id,
                created=_time(configuration, "CreationTime"),
                attributes={
                    "scaling_group_id": group_id,
                    "instance_type": configuration.get("InstanceType", ""),
                    "security_group_id": configuration.get("SecurityGroupId", ""),
                },
                facts={
                    "is_active": configuration["ScalingConfigurationId"] == row.get("ActiveScalingConfigurationId"),
                    "is_enabled": is_enabled,
                },
            )


def _tags_by_id(client: CloudClient, product: Any, kind: str, ids: list[str]) -> dict[str, dict[str, str]]:
    """Return the tags of objects whose own answer does not carry them."""
    found: dict[str, dict[str, str]] = {}
    for start in range(0, len(ids), IDS_PER_CALL):
        batch = ids[start : start + IDS_PER_CALL]
        given = {"ResourceType": kind, **{f"ResourceId.{number}": id for number, id in enumerate(batch, 1)}}
        while True:
            answer = client.call(product, "ListTagResources", given)
            for row in answer["TagResources"]["TagResource"]:
                found.setdefault(row["ResourceId"], {})[row["TagKey"]] = row["TagValue"]
            if not answer.get("NextToken"):
                break
            given = {**given, "NextToken": answer["NextToken"]}
    return found


def _tags(row: Mapping[str, Any]) -> dict[str, str]:
    """Return the tags of an answer's row, whose spelling differs between products."""
    return {
        str(tag.get("Key", tag.get("TagKey", ""))): str(tag.get("Value", tag.get("TagValue", "")))
        for tag in (row.get("Tags") or {}).get("Tag") or ()
    }


def _time(row: Mapping[str, Any], key: str) -> datetime | None:
    """Return the time that an answer tells; the services leave the seconds out here and there."""
    text = str(row.get(key) or "")
    for pattern in ("%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%MZ"):
        try:
            return datetime.strptime(text, pattern).replace(tzinfo=UTC)
        except ValueError:
            continue
    return None

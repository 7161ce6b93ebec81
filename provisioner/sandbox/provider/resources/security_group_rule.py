"""
alicloud_security_group_rule: id `<group>:<direction>:<protocol>:<ports>:<nic type>:<peer>:<policy>:<priority>`.

A rule has no id of its own in the calls: it is found, changed and revoked by what it says.
"""

from __future__ import annotations

import contextlib
from typing import Any

from provisioner.sandbox.provider.calls import ECS, Connection
from provisioner.sandbox.provider.failures import Client, InvalidRequest, ObjectMissing, ServiceRefused
from provisioner.sandbox.provider.record import Record
from provisioner.sandbox.provider.resources.operations import Operations
from provisioner.sandbox.provider.resources.tags import nested
from provisioner.sandbox.provider.suppression import ALL_PORTS, compress_ip

_UNSET = "<nil>"  # what the real provider writes into the id for a part that is not set
_PEERS = {
    "cidr_ip": "{side}CidrIp",
    "ipv6_cidr_ip": "Ipv6{side}CidrIp",
    "source_security_group_id": "{side}GroupId",
    "source_group_owner_account": "{side}GroupOwnerAccount",
    "source_group_owner_id": "{side}GroupOwnerId",
    "prefix_list_id": "{side}PrefixListId",
}
_REVOKE_SECONDS = 300.0


def create(record: Record, connection: Connection) -> None:
    """Authorize the rule. There is no wait: the read that follows must already show it."""
    group = record.get("security_group_id")
    direction = record.get("type")
    _check_ports(record)
    permission: dict[str, Any] = {
        "IpProtocol": record.get("ip_protocol"),
        "Policy": record.ok("policy"),
        "Priority": record.ok("priority"),
        **_peers(record),
        "PortRange": record.ok("port_range"),
    }
    permission["NicType"] = _nic_type(record, connection, group)
    permission["Description"] = record.ok("description")
    connection.call(
        ECS,
        "AuthorizeSecurityGroup" if direction == "ingress" else "AuthorizeSecurityGroupEgress",
        {"RegionId": connection.region, "SecurityGroupId": group, "Permissions": [permission]},
        subject="alicloud_security_group_rule",
        timeout_seconds=record.timeout_seconds("create"),
    )
    peer = (
        record.ok("source_security_group_id")
        or record.get("ipv6_cidr_ip").replace(":", "_")
        or record.ok("cidr_ip")
        or record.get("prefix_list_id")
    )
    parts = [permission[key] for key in ("IpProtocol", "PortRange", "NicType")]
    parts += [peer, permission["Policy"], permission["Priority"]]
    record.id = ":".join([group, direction, *(_UNSET if part is None else str(part) for part in parts)])
    read(record, connection)


def read(record: Record, connection: Connection) -> None:
    """Read the rule."""
    group, direction, *_rest = record.id.split(":")
    rule = _describe_rule(record, connection)
    side = _side(direction)
    record.set("type", rule.get("Direction", ""))
    record.set("ip_protocol", rule.get("IpProtocol", "").lower())
    record.set("nic_type", rule.get("NicType", ""))
    record.set("policy", rule.get("Policy", "").lower())
    record.set("port_range", rule.get("PortRange", ""))
    record.set("description", rule.get("Description", ""))
    record.set("security_group_rule_id", rule.get("SecurityGroupRuleId", ""))
    record.set("priority", int(rule["Priority"]))
    record.set("security_group_id", group)
    record.set("cidr_ip", rule.get(f"{side}CidrIp", ""))
    record.set("ipv6_cidr_ip", rule.get(f"Ipv6{side}CidrIp", ""))
    record.set("source_security_group_id", rule.get(f"{side}GroupId", ""))
    record.set("source_group_owner_id", rule.get(f"{side}GroupOwnerAccount", ""))
    record.set("prefix_list_id", rule.get(f"{side}PrefixListId", ""))


def update(record: Record, connection: Connection) -> None:
    """Change the description, the only part of a rule that can change."""
    request = _flat_rule(record, connection)
    ingress = record.get("type") == "ingress"
    action = "ModifySecurityGroupRule" if ingress else "ModifySecurityGroupEgressRule"
    # The real provider sends the call twice and looks at the second outcome only.
    with contextlib.suppress(ServiceRefused):
        connection.call(ECS, action, request, subject=record.id, client=Client.TYPED, repeat_transient=False)
    connection.call(ECS, action, request, subject=record.id, client=Client.TYPED, repeat_transient=False)
    read(record, connection)


def delete(record: Record, connection: Connection) -> None:
    """Revoke the rule; every refusal is repeated, except that the group or the rule does not exist."""
    ingress = record.get("type") == "ingress"
    try:
        request = _flat_rule(record, connection)
    except ObjectMissing:
        return
    connection.remove(
        ECS,
        "RevokeSecurityGroup" if ingress else "RevokeSecurityGroupEgress",
        request,
        gone_on=("InvalidSecurityGroupId.NotFound",),
        missing_is_gone=True,
        subject=record.id,
        client=Client.TYPED,
        repeat_any=True,
        give_up_on=("InvalidSecurityGroupId.NotFound",),
        timeout_seconds=_REVOKE_SECONDS,
    )


def _side(direction: str) -> str:
    return "Source" if direction == "ingress" else "Dest"


def _peers(record: Record) -> dict[str, Any]:
    side = _side(record.get("type"))
    return {key.format(side=side): record.ok(name) for name, key in _PEERS.items()}


def _check_ports(record: Record) -> None:
    ports = record.ok("port_range")
    if ports is None:
        return
    if record.get("ip_protocol") in ("tcp", "udp"):
        if ports == ALL_PORTS:
            raise InvalidRequest(
                " 'tcp' and 'udp' can support port range: [1, 65535]. Please correct it and try again."
            )
    elif ports != ALL_PORTS:
        raise InvalidRequest(
            " 'icmp', 'gre' and 'all' only support port range '-1/-1'. Please correct it and try again."
        )


def _nic_type(record: Record, connection: Connection, group: str) -> str | None:
    """Return the nic type to send, after asking whether the group is in a VPC."""
    answer = _describe_group(record, connection, {"SecurityGroupId": group})
    nic_type = record.ok("nic_type")
    if nic_type is None:
        return None
    if (answer.get("VpcId") or record.ok("source_security_group_id")) and nic_type != "intranet":
        raise InvalidRequest(
            " When security group in the vpc or authorizing permission for source/destination security group, "
            "the nic_type must be 'intranet'."
        )
    return str(nic_type)


def _flat_rule(record: Record, connection: Connection) -> dict[str, Any]:
    group = record.get("security_group_id")
    _check_ports(record)
    return {
        "RegionId": connection.region,
        "PortRange": record.get("port_range"),
        "IpProtocol": record.ok("ip_protocol"),
        "Policy": record.ok("policy"),
        "Priority": record.ok("priority"),
        **_peers(record),
        "NicType": _nic_type(record, connection, group),
        "SecurityGroupId": group,
        "Description": record.get("description"),
    }


def _describe_group(record: Record, connection: Connection, request: dict[str, Any]) -> dict[str, Any]:
    try:
        answer = connection.call(
            ECS,
            "DescribeSecurityGroupAttribute",
            {"RegionId": connection.region, **request},
            subject=record.id or request["SecurityGroupId"],
            client=Client.TYPED,
        )
    except ServiceRefused as refused:
        if refused.is_any_of(("InvalidSecurityGroupId.NotFound",)):
            raise ObjectMissing("Security Group", request["SecurityGroupId"]) from refused
        raise
    if answer.get("SecurityGroupId") != request["SecurityGroupId"]:
        raise ObjectMissing("Security Group", request["SecurityGroupId"])
    return answer


def _describe_rule(record: Record, connection: Connection) -> dict[str, Any]:
    parts = record.id.split(":")
    if len(parts) != 8:  # noqa: PLR2004 - the parts named above
        raise InvalidRequest(f"Invalid Resource Id {record.id}. Expected parts' length 8, got {len(parts)}")
    group, direction, protocol, ports, nic_type, peer, policy, priority = parts
    peer = compress_ip(peer.replace("_", ":"))
    request = {"SecurityGroupId": group, "Direction": direction, "NicType": nic_type}
    side = _side(direction)
    for rule in nested(_describe_group(record, connection, request), "Permissions", "Permission"):
        address = rule.get(f"{side}CidrIp") or rule.get(f"{side}GroupId") or rule.get(f"Ipv6{side}CidrIp") or ""
        if (
            rule["IpProtocol"].lower() == protocol
            and rule["PortRange"] == ports
            and peer in (address, rule.get(f"{side}PrefixListId", ""))
            and rule["Policy"].lower() == policy
            and str(rule["Priority"]) == priority
        ):
            return dict(rule)
    raise ObjectMissing("Security Group Rule", record.id)


OPERATIONS = Operations(create, read, update, delete, id_parts=8)

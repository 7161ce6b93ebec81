"""
The rules of security groups (Ecs 2014-05-26).

A rule has no name: protocol, ports, peer, policy and priority together are its identity, whatever their capitals.
"""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import IPv4Network, IPv6Network
from typing import Any, Literal

from provisioner.sandbox.actions.ecs.security_group import get_security_group
from provisioner.sandbox.actions.naming import check_description
from provisioner.sandbox.cloud import ActionError
from provisioner.sandbox.cloud.call import Answer, Call, timestamp
from provisioner.sandbox.cloud.parameters import Parameters, decimal
from provisioner.sandbox.cloud.resource import Resource

Direction = Literal["ingress", "egress"]

_PROTOCOLS = {"tcp": "TCP", "udp": "UDP", "icmp": "ICMP", "icmpv6": "ICMPv6", "gre": "GRE", "all": "ALL"}
_WITH_PORTS = frozenset({"TCP", "UDP"})
_HIGHEST_PORT = 65535
_LOWEST_PRIORITY = 100
_IDENTITY = (
    "Direction",
    "IpProtocol",
    "PortRange",
    "Policy",
    "Priority",
    "Cidr",
    "Ipv6Cidr",
    "GroupId",
    "PrefixListId",
)


def authorize_security_group(call: Call) -> Answer:
    """Add ingress rules; one that exists already is left as it is."""
    return _authorize(call, "ingress")


def authorize_security_group_egress(call: Call) -> Answer:
    """Add egress rules; one that exists already is left as it is."""
    return _authorize(call, "egress")


def revoke_security_group(call: Call) -> Answer:
    """Remove ingress rules."""
    return _revoke(call, "ingress")


def revoke_security_group_egress(call: Call) -> Answer:
    """Remove egress rules."""
    return _revoke(call, "egress")


def modify_security_group_rule(call: Call) -> Answer:
    """Change the description of an ingress rule."""
    return _modify(call, "ingress")


def modify_security_group_egress_rule(call: Call) -> Answer:
    """Change the description of an egress rule."""
    return _modify(call, "egress")


def describe_security_group_attribute(call: Call) -> Answer:
    """Return a security group with its rules, filtered by `Direction` and `NicType`."""
    group = get_security_group(call)
    direction = call.params.text("Direction").lower()
    nic_type = call.params.text("NicType")
    rules = [
        rule
        for rule in call.list("security_group_rule", parent=group.id)
        if direction in ("", "all", rule.document["Direction"])
        # A client that has no NIC type sends the text "<nil>": only known values filter. VPC rules are all intranet.
        and nic_type != "internet"
    ]
    return {
        "SecurityGroupId": group.id,
        "SecurityGroupName": group.name,
        "Description": group.document.get("Description", ""),
        "RegionId": group.region,
        "VpcId": group.parent,
        "InnerAccessPolicy": group.document["InnerAccessPolicy"],
        "Permissions": {"Permission": [_show(rule) for rule in rules]},
    }


def _authorize(call: Call, direction: Direction) -> Answer:
    group = get_security_group(call)
    existing = {_identity(rule.document): rule for rule in call.list("security_group_rule", parent=group.id)}
    limit = call.quota("security_group_rule")
    for permission in call.params.structures("Permissions") or [call.params]:
        document = _checked(call, group, permission, direction)
        if _identity(document) in existing:
            continue
        if len(existing) >= limit:
            raise ActionError(
                "AuthorizationLimitExceed", "The limit of authorization records in the security group reaches.", 403
            )
        rule_id = call.new_id("sgr", group.region)
        existing[_identity(document)] = call.create(
            "security_group_rule",
            rule_id,
            region=group.region,
            parent=group.id,
            document=document,
            links=[document["GroupId"]] if "GroupId" in document else [],
        )
    return {}


def _revoke(call: Call, direction: Direction) -> Answer:
    group = get_security_group(call)
    call.tx.remove(_named(call, group, direction))
    return {}


def _modify(call: Call, direction: Direction) -> Answer:
    group = get_security_group(call)
    description = call.params.text("Description")
    check_description(description, _malformed("Description"))
    for rule in _named(call, group, direction):
        rule.document["Description"] = description
        call.tx.update(rule)
    return {}


def _named(call: Call, group: Resource, direction: Direction) -> list[Resource]:
    """Return the rules the call names, by id or by their attributes."""
    rules = call.list("security_group_rule", parent=group.id)
    missing = ActionError("InvalidSecurityGroupRule.RuleNotExist", "The specified rule does not exist.", 404)
    single_id = call.params.text("SecurityGroupRuleId")
    ids = call.params.texts("SecurityGroupRuleId") or ([single_id] if single_id else [])
    if ids:
        found = [rule for rule in rules if rule.id in ids and rule.document["Direction"] == direction]
        if len(found) != len(set(ids)):
            raise missing
        return found
    existing = {_identity(rule.document): rule for rule in rules}
    permissions = call.params.structures("Permissions") or [call.params]
    wanted = [_identity(_checked(call, group, permission, direction)) for permission in permissions]
    if any(identity not in existing for identity in wanted):
        raise missing
    return [existing[identity] for identity in wanted]


def _identity(document: dict[str, Any]) -> tuple[str, ...]:
    return tuple(str(document.get(name, "")) for name in _IDENTITY)


def _checked(call: Call, group: Resource, permission: Parameters, direction: Direction) -> dict[str, Any]:
    """Return the rule a permission describes or refuse it."""
    protocol = _PROTOCOLS.get(permission.text("IpProtocol").lower())
    if protocol is None:
        raise ActionError(
            "OperationDenied", "The specified IpProtocol does not exist or IpProtocol and PortRange do not match."
        )
    policy = permission.text("Policy").lower() or "accept"
    if policy not in ("accept", "drop"):
        raise ActionError("InvalidPolicy.Malformed", 'The specified parameter "Policy" is not valid.')
    priority = permission.text("Priority") or "1"
    if not 1 <= decimal(priority) <= _LOWEST_PRIORITY:
        raise ActionError("InvalidPriority.Malformed", 'The parameter "Priority" is invalid.')
    check_description(permission.text("Description"), _malformed("Description"))
    return {
        "Direction": direction,
        "IpProtocol": protocol,
        "PortRange": _checked_ports(permission.text("PortRange"), protocol),
        "Policy": policy.capitalize(),
        "Priority": int(priority),
        **permission.echo("Description"),
        **_checked_peer(call, group, permission, direction),
    }


def _checked_ports(text: str, protocol: str) -> str:
    if protocol not in _WITH_PORTS:
        if text != "-1/-1":
            raise ActionError(
                "OperationDenied", "The specified IpProtocol does not exist or IpProtocol and PortRange do not match."
            )
        return text
    first, _, last = text.partition("/")
    if not 1 <= decimal(first) <= decimal(last) <= _HIGHEST_PORT:
        raise ActionError("InvalidIpProtocol.Malformed", 'The specified parameter "PortRange" is not valid.')
    return text


def _checked_peer(call: Call, group: Resource, permission: Parameters, direction: Direction) -> dict[str, str]:
    """Return the one field that says with whom a rule allows or forbids traffic."""
    side = "Source" if direction == "ingress" else "Dest"
    group_id = permission.text(f"{side}GroupId")
    ranges: tuple[tuple[str, str, Callable[[str], object]], ...] = (
        ("Cidr", f"{side}CidrIp", IPv4Network),
        ("Ipv6Cidr", f"Ipv6{side}CidrIp", IPv6Network),
    )
    if group_id:
        # A group is named within the VPC network, never on the internet side.
        if permission.text("NicType") == "internet":
            raise ActionError(f"Invalid{side}GroupId.Mismatch", "NicType is required or NicType expects intranet.", 403)
        if call.find("security_group", group_id) is None:
            raise ActionError(
                f"Invalid{side}GroupId.NotFound", f"The {side}GroupId provided does not exist in our records.", 404
            )
        if group_id == group.id:
            raise ActionError(
                "InvalidParamter.Conflict",
                f"The specified SecurityGroupId should be different from the {side}GroupId.",
                403,
            )
        owner = permission.text(f"{side}GroupOwnerAccount") or permission.text(f"{side}GroupOwnerId")
        return {"GroupId": group_id, **({"GroupOwner": owner} if owner else {})}
    for field, name, parse in ranges:
        text = permission.text(name)
        if text:
            try:
                parse(text)
            except ValueError:
                raise ActionError(
                    f"Invalid{name}.Malformed", f'The specified parameter "{name}" is not valid.'
                ) from None
            return {field: text}
    prefix_list = permission.text(f"{side}PrefixListId")
    if prefix_list:
        raise ActionError("InvalidPrefixListId.NotFound", "The specified prefix list was not found.", 404)
    raise ActionError(
        "MissingParameter", f'The input parameter "{side}GroupId" or "{side}CidrIp" cannot be both blank.', 403
    )


def _show(rule: Resource) -> dict[str, Any]:
    document = rule.document
    side, other = ("Source", "Dest") if document["Direction"] == "ingress" else ("Dest", "Source")
    return {
        "SecurityGroupRuleId": rule.id,
        "Direction": document["Direction"],
        "IpProtocol": document["IpProtocol"],
        "PortRange": document["PortRange"],
        "SourcePortRange": "",
        # A rule in a VPC is always shown as intranet.
        "NicType": "intranet",
        "Policy": document["Policy"],
        "Priority": document["Priority"],
        "Description": document.get("Description", ""),
        "CreateTime": timestamp(rule.created_at),
        f"{side}CidrIp": document.get("Cidr", ""),
        f"Ipv6{side}CidrIp": document.get("Ipv6Cidr", ""),
        f"{side}GroupId": document.get("GroupId", ""),
        f"{side}GroupName": "",
        # Shown only when it was sent: it forces a replacement when it appears by itself.
        f"{side}GroupOwnerAccount": document.get("GroupOwner", ""),
        f"{side}PrefixListId": "",
        f"{other}CidrIp": "",
        f"Ipv6{other}CidrIp": "",
        f"{other}GroupId": "",
        f"{other}GroupName": "",
        f"{other}GroupOwnerAccount": "",
        f"{other}PrefixListId": "",
    }


def _malformed(name: str) -> ActionError:
    return ActionError(f"Invalid{name}.Malformed", f'The specified parameter "{name}" is not valid.')


READS = {"DescribeSecurityGroupAttribute": describe_security_group_attribute}
WRITES = {
    "AuthorizeSecurityGroup": authorize_security_group,
    "AuthorizeSecurityGroupEgress": authorize_security_group_egress,
    "RevokeSecurityGroup": revoke_security_group,
    "RevokeSecurityGroupEgress": revoke_security_group_egress,
    "ModifySecurityGroupRule": modify_security_group_rule,
    "ModifySecurityGroupEgressRule": modify_security_group_egress_rule,
}

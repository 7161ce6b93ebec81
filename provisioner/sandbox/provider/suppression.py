"""Differences the real provider ignores and values it stores in another form, by their names in `schema.json`."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from typing import Any, Final

Lookup = Callable[[str], Any]
"""Returns the value an attribute is about to have, None when unset or unknown."""

ALL_PORTS: Final = "-1/-1"


def is_suppressed(rule: str, old: Any, new: Any, lookup: Lookup) -> bool:
    """Return whether the change from `old` to `new` is none, for the attribute that names `rule`."""
    return _RULES[rule](old, new, lookup)


def stored_form(rule: str, value: str) -> str:
    """Return what the state keeps of `value`, for the attribute that names `rule` as its `state_func`."""
    return _STORED[rule](value)


def compress_ip(text: str) -> str:
    """Return an IPv4 or IPv6 address or CIDR in its shortest form; anything else unchanged."""
    address, slash, length = text.partition("/")
    try:
        return f"{ipaddress.ip_address(address)}{slash}{length}"
    except ValueError:
        return text


def _same_members(old: Any, new: Any, _lookup: Lookup) -> bool:
    return bool(old) and bool(new) and set(old) == set(new)


def _unless_prepaid(_old: Any, _new: Any, lookup: Lookup) -> bool:
    return str(lookup("instance_charge_type") or "").lower() != "prepaid" and lookup("payment_type") != "Subscription"


def _port_range(_old: Any, new: Any, lookup: Lookup) -> bool:
    # tcp and udp need real ports, everything else takes all of them: the other combination is ignored, not refused.
    return bool((lookup("ip_protocol") in ("tcp", "udp")) == (new == ALL_PORTS))


def _other_peer(_old: Any, _new: Any, lookup: Lookup) -> bool:
    return any(lookup(name) for name in ("cidr_ip", "ipv6_cidr_ip", "source_security_group_id"))


_RULES: Final[dict[str, Callable[[Any, Any, Lookup], bool]]] = {
    "vpc.secondary_cidr_blocks": _same_members,
    "PostPaidDiffSuppressFunc": _unless_prepaid,
    "nat_gateway.specification": lambda _old, _new, lookup: lookup("internet_charge_type") == "PayByLcu",
    "nat_gateway.vswitch_id": lambda _old, _new, lookup: lookup("nat_type") != "Enhanced",
    "security_group.inner_access_policy": lambda _old, _new, lookup: lookup("security_group_type") == "enterprise",
    "security_group_rule.ipv6_cidr_ip": lambda old, new, _lookup: compress_ip(new or "") == (old or ""),
    "ecsSecurityGroupRulePortRangeDiffSuppressFunc": _port_range,
    "ecsSecurityGroupRulePreFixListIdDiffSuppressFunc": _other_peer,
    "ess_scaling_configuration.instance_ids": lambda _old, _new, _lookup: True,
    "ess_scaling_configuration.password": lambda _old, _new, lookup: bool(lookup("password_inherit")),
    "ess_scaling_configuration.kms_encrypted_password": lambda _old, _new, lookup: bool(
        lookup("password_inherit") or lookup("password")
    ),
    "ess_scaling_configuration.kms_encryption_context": lambda _old, _new, lookup: not lookup("kms_encrypted_password"),
}

_STORED: Final[dict[str, Callable[[str], str]]] = {"ecs_key_pair.public_key": str.strip}

"""
The quotas of a product (Quotas 2020-05-10, ListProductQuotas).

Sources: the models of alibabacloud-quotas20200510 1.2.2; the quota tables of the VPC and EIP documentation; read
2026-11.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from provisioner.sandbox.cloud.call import Answer, Call

_DEFAULT_RESULTS, _MOST_RESULTS = 30, 100


@dataclass(frozen=True, slots=True)
class _Quota:
    """A quota as Quota Center lists it."""

    name: str
    """Of the quota here: `provision sandbox quota list`."""
    description: str
    kind: str = ""
    """What is counted; empty where the use differs from VPC to VPC, so that Quota Center shows none."""
    is_global: bool = False


def list_product_quotas(call: Call) -> Answer:
    """Return the quotas of a product, all or the one that `QuotaActionCode` names, by `NextToken`."""
    params = call.params
    product = params.required("ProductCode")
    wanted = params.text("QuotaActionCode")
    size = params.integer("MaxResults")
    size = _DEFAULT_RESULTS if size is None else size
    start = params.integer("NextToken") or 0
    if not 1 <= size <= _MOST_RESULTS:
        raise params.invalid("MaxResults")
    if start < 0:
        raise params.invalid("NextToken")
    dimensions = {one.text("Key"): one.text("Value") for one in params.structures("Dimensions")}
    if dimensions.get("regionId", call.region) != call.region:
        raise params.invalid("Dimensions")
    found = [(code, quota) for code, quota in _quotas(call, product).items() if wanted in ("", code)]
    end = start + size
    answer: Answer = {
        "Quotas": [_show(call, product, code, quota) for code, quota in found[start:end]],
        "TotalCount": len(found),
        "MaxResults": size,
    }
    if end < len(found):
        answer["NextToken"] = str(end)
    return answer


def _quotas(call: Call, product: str) -> Mapping[str, _Quota]:
    region = call.region_if_given or ""
    if product == "vpc":
        return {
            f"vpc_quota_instances_num_{region}": _Quota("vpc", "Maximum number of VPCs in a region", "vpc"),
            "vpc_quota_vswitches_num": _Quota("vswitch", "Maximum number of vSwitches in a VPC"),
            "vpc_quota_secondary_cidr_num": _Quota("secondary_cidr_block", "Maximum number of secondary IPv4 ranges"),
            "vpc_quota_route_tables_num": _Quota("route_table", "Maximum number of custom route tables in a VPC"),
            "vpc_quota_route_entrys_num": _Quota("route_entry", "Maximum number of custom routes in a route table"),
        }
    if product == "ecs":
        return {"q_security-groups": _Quota("security_group", "Maximum number of security groups", "security_group")}
    if product == "eip":
        return {"eip_quota_instances_num": _Quota("eip", "Maximum number of EIPs of an account", "eip", is_global=True)}
    return {}


def _show(call: Call, product: str, code: str, quota: _Quota) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "ProductCode": product,
        "QuotaActionCode": code,
        "QuotaName": quota.description,
        "QuotaDescription": quota.description,
        "QuotaCategory": "CommonQuota",
        "QuotaType": "normal",
        "QuotaUnit": "Count",
        "TotalQuota": float(call.quota(quota.name)),
        "Adjustable": True,
        "Consumable": bool(quota.kind),
        "GlobalQuota": quota.is_global,
        "Dimensions": {"regionId": call.region} if product == "ecs" else {},
    }
    if quota.kind:
        # The sandbox counts its EIP quota by region, the service by account; what it shows is what it enforces.
        shown["TotalUsage"] = float(call.tx.count(quota.kind, account=call.account, region=call.region))
    return shown


READS = {"ListProductQuotas": list_product_quotas}

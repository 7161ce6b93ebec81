"""
How much an account may have of Ecs, and has (Ecs 2014-05-26, DescribeAccountAttributes).

Source: the request's attribute names in alibabacloud-ecs20140526 7.11.8, read 2026-11.
"""

from __future__ import annotations

from provisioner.sandbox.cloud import ActionError
from provisioner.sandbox.cloud.call import QUOTAS, Answer, Call
from provisioner.sandbox.cloud.catalogue import INSTANCE_TYPES
from provisioner.sandbox.cloud.resource import Resource

_MOST_NAMES = 8


def describe_account_attributes(call: Call) -> Answer:
    """Return the attributes that `AttributeName.N` names, or all that are simulated."""
    region = call.region
    names = call.params.texts("AttributeName")
    if len(names) > _MOST_NAMES:
        raise call.params.invalid("AttributeName")
    found = {
        "max-security-groups": call.quota("security_group"),
        "max-postpaid-instance-vcpu-count": call.quota("vcpu"),
        "used-postpaid-instance-vcpu-count": _used_vcpus(call, region, is_spot=False),
        "used-spot-instance-vcpu-count": _used_vcpus(call, region, is_spot=True),
    }
    return {
        "AccountAttributeItems": {
            "AccountAttributeItem": [
                {
                    "AttributeName": name,
                    "AttributeValues": {"ValueItem": [{"Value": str(value), "ExpiredTime": "", "ZoneId": ""}]},
                }
                for name, value in found.items()
                if not names or name in names
            ]
        }
    }


def vcpus_left(call: Call, region: str) -> int | None:
    """Return how many vCPUs the account may still get; None while its quota is the default, which no test reaches."""
    limit = call.quota("vcpu")
    return None if limit >= QUOTAS["vcpu"] else limit - _used_vcpus(call, region, is_spot=False)


def no_vcpus() -> ActionError:
    """Return the refusal of an instance beyond the quota."""
    return ActionError(
        "QuotaExceed.ElasticQuota", "No additional quota is available for the specified ECS instance type.", 403
    )


def _used_vcpus(call: Call, region: str, *, is_spot: bool) -> int:
    instances = call.tx.select("instance", account=call.account, region=region)
    return sum(
        INSTANCE_TYPES[instance.document["InstanceType"]].cpus
        for instance in instances
        if instance.gone_at is None and _is_spot(instance) == is_spot
    )


def _is_spot(instance: Resource) -> bool:
    return str(instance.document.get("SpotStrategy", "NoSpot")) != "NoSpot"


READS = {"DescribeAccountAttributes": describe_account_attributes}

"""
What the cloud sells in the zones of a region. Every function asks once (`CloudClient.ask`).

Sources: Ecs 2014-05-26 DescribeAvailableResource; Vpc 2016-04-28 ListEnhanhcedNatGatewayAvailableZones; API documents
and SDK models (alibabacloud-ecs20140526 7.11.8, -vpc20160428 7.2.2), read 2026-11.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, TypeAlias

from provisioner.cloud.client import CloudClient

Sold: TypeAlias = Mapping[str, Mapping[str, bool]]
"""By item and zone, whether there is stock at the moment; an item is not sold in a zone that is missing."""

_CLOSED: Final = "ClosedWithoutStock"
"""The last ones are sold, and no more will come."""
_SOLD_OUT: Final = "SoldOut"


def enhanced_nat_zones(client: CloudClient) -> set[str]:
    """
    Return the zones of the region in which an Enhanced NAT gateway can be created.

    Raises:
        CloudError: the cloud refused or could not be reached.
    """
    # The misspelling is the action's own.
    answer = client.ask("vpc", "ListEnhanhcedNatGatewayAvailableZones", {})
    return {row["ZoneId"] for row in answer["Zones"]}


def sold_instance_types(client: CloudClient) -> Sold:
    """
    Return all instance types of the region: without a filter the service names all of them in one answer.

    Raises:
        CloudError: the cloud refused or could not be reached.
    """
    return _sold(client, {"DestinationResource": "InstanceType"})


def sold_system_disks(client: CloudClient, instance_type: str) -> Sold:
    """Return the categories of system disks that an instance type takes; raises as `sold_instance_types`."""
    return _sold(
        client, {"DestinationResource": "SystemDisk", "ResourceType": "instance", "InstanceType": instance_type}
    )


def sold_data_disks(client: CloudClient, instance_type: str, system_category: str) -> Sold:
    """
    Return the categories of data disks that an instance type takes beside a system disk.

    Raises as `sold_instance_types`.
    """
    return _sold(
        client,
        {
            "DestinationResource": "DataDisk",
            "ResourceType": "instance",
            "InstanceType": instance_type,
            "SystemDiskCategory": system_category,
        },
    )


def sold_disks(client: CloudClient) -> Sold:
    """Return the categories of disks that zones have, for whichever type; raises as `sold_instance_types`."""
    return _sold(client, {"DestinationResource": "DataDisk", "ResourceType": "disk"})


def _sold(client: CloudClient, wanted: Mapping[str, str]) -> Sold:
    given = {"IoOptimized": "optimized", "InstanceChargeType": "PostPaid", "NetworkCategory": "vpc"}
    answer = client.ask("ecs", "DescribeAvailableResource", {**given, **wanted})
    found: dict[str, dict[str, bool]] = {}
    for zone in (answer.get("AvailableZones") or {}).get("AvailableZone") or ():
        for resource in (zone.get("AvailableResources") or {}).get("AvailableResource") or ():
            if resource.get("Type", wanted["DestinationResource"]) != wanted["DestinationResource"]:
                continue
            for row in (resource.get("SupportedResources") or {}).get("SupportedResource") or ():
                if row.get("StatusCategory") != _CLOSED:
                    found.setdefault(row["Value"], {})[zone["ZoneId"]] = row.get("Status") != _SOLD_OUT
    return found

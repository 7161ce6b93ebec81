"""Regions, zones and what is sold in them (Ecs 2014-05-26)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from provisioner.sandbox.cloud import ActionError
from provisioner.sandbox.cloud.call import Answer, Call
from provisioner.sandbox.cloud.catalogue import DISK_CATEGORIES, DISK_SIZES_GIB, INSTANCE_TYPES, REGIONS
from provisioner.sandbox.cloud.offer import CLOSED, CLOSING, NO_STOCK, NOT_SOLD, SOLD, Offer
from provisioner.sandbox.cloud.parameters import Parameters

_STATUSES: Mapping[str, Mapping[str, str]] = {
    SOLD: {"Status": "Available", "StatusCategory": "WithStock"},
    CLOSING: {"Status": "Available", "StatusCategory": "ClosedWithStock"},
    NO_STOCK: {"Status": "SoldOut", "StatusCategory": "WithoutStock"},
    CLOSED: {"Status": "SoldOut", "StatusCategory": "ClosedWithoutStock"},
}
_CREATABLE = ("VSwitch", "IoOptimized", "Instance", "Disk", "DedicatedHost")


def describe_regions(call: Call) -> Answer:
    """Return every region."""
    _ = call
    return {
        "Regions": {
            "Region": [
                {
                    "RegionId": region,
                    "LocalName": region,
                    "RegionEndpoint": f"ecs.{region}.aliyuncs.com",
                    "Status": "available",
                }
                for region in REGIONS
            ]
        }
    }


def describe_zones(call: Call) -> Answer:
    """Return the region's zones with everything that can be bought there."""
    offer = call.offer
    return {"Zones": {"Zone": [_show_zone(offer, zone) for zone in REGIONS[call.region]]}}


def describe_available_resource(call: Call) -> Answer:
    """
    Return where a kind of thing is sold: `DestinationResource` is Zone, InstanceType, SystemDisk or DataDisk.

    Instance types are filtered by name, vCPUs (`Cores`) and GiB (`Memory`), disks by category. Categories of disks
    belong to an instance type, which has to be named; DataDisk with `ResourceType=disk` asks for a zone's.
    """
    params = call.params
    zones = REGIONS[call.region]
    destination = params.required("DestinationResource")
    wanted_zone = params.text("ZoneId")
    if destination not in ("Zone", "InstanceType", "SystemDisk", "DataDisk"):
        raise params.invalid("DestinationResource")
    if wanted_zone and wanted_zone not in zones:
        raise ActionError("InvalidZoneId.NotFound", "The specified zone does not exist.", 404)
    is_of_disk = destination == "DataDisk" and params.text("ResourceType") == "disk"
    type_name = "" if is_of_disk else params.text("InstanceType")
    if destination.endswith("Disk") and not is_of_disk:
        params.required("InstanceType")
    wanted = _wanted_types(params)
    wanted_category = params.text(f"{destination}Category")
    categories = [category for category in DISK_CATEGORIES if wanted_category in ("", category)]
    offer, rows = call.offer, []
    for zone in zones:
        sold = [name for name in wanted if not offer.refuses(name, zone)]
        if wanted_zone not in ("", zone) or not (sold or is_of_disk):
            continue
        states = {name: offer.state(name, zone) for name in sold}
        if destination.endswith("Disk"):
            states = {category: offer.disk_state(type_name, category, zone) for category in categories}
            states = {category: state for category, state in states.items() if state != NOT_SOLD}
        if states:
            rows.append(_show_available(call.region, zone, destination, states))
    return {"AvailableZones": {"AvailableZone": rows}}


def _wanted_types(params: Parameters) -> list[str]:
    name, cpus, gib = params.text("InstanceType"), params.integer("Cores"), params.number("Memory")
    return [
        type_.name
        for type_ in INSTANCE_TYPES.values()
        if name in ("", type_.name) and cpus in (None, type_.cpus) and gib in (None, type_.memory_gib)
    ]


def _show_zone(offer: Offer, zone: str) -> dict[str, Any]:
    sold = [name for name in INSTANCE_TYPES if not offer.refuses(name, zone)]
    categories = [name for name in DISK_CATEGORIES if not offer.refuses(name, zone)]
    return {
        "ZoneId": zone,
        "LocalName": zone,
        "ZoneType": "AvailabilityZone",
        "AvailableInstanceTypes": {"InstanceTypes": sold},
        "AvailableDiskCategories": {"DiskCategories": categories},
        "AvailableResourceCreation": {"ResourceTypes": list(_CREATABLE)},
        "AvailableVolumeCategories": {"VolumeCategories": []},
        "AvailableDedicatedHostTypes": {"DedicatedHostType": []},
        "DedicatedHostGenerations": {"DedicatedHostGeneration": []},
        "AvailableResources": {"ResourcesInfo": []},
    }


def _show_available(region: str, zone: str, destination: str, states: Mapping[str, str]) -> dict[str, Any]:
    resources: list[dict[str, Any]] = []
    supported = [{"Value": name, **_STATUSES[state], **_sizes(name)} for name, state in states.items()]
    if destination != "Zone":
        resources.append({"Type": destination, "SupportedResources": {"SupportedResource": supported}})
    # A zone has what the best of its items has.
    best = min(states.values(), key=list(_STATUSES).index)
    return {
        "RegionId": region,
        "ZoneId": zone,
        **_STATUSES[best],
        "AvailableResources": {"AvailableResource": resources},
    }


def _sizes(name: str) -> dict[str, Any]:
    if name not in DISK_SIZES_GIB:
        return {}
    smallest, largest = DISK_SIZES_GIB[name]
    return {"Min": smallest, "Max": largest, "Unit": "GiB"}


READS = {
    "DescribeRegions": describe_regions,
    "DescribeZones": describe_zones,
    "DescribeAvailableResource": describe_available_resource,
}

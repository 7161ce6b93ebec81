"""Regions, zones and what is sold in them (Ecs 2014-05-26)."""

from __future__ import annotations

from typing import Any

from provisioner.sandbox.cloud import ActionError
from provisioner.sandbox.cloud.call import Answer, Call
from provisioner.sandbox.cloud.catalogue import DISK_CATEGORIES, DISK_SIZES_GIB, INSTANCE_TYPES, REGIONS, is_sold
from provisioner.sandbox.cloud.parameters import Parameters

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
    return {"Zones": {"Zone": [_show_zone(zone) for zone in REGIONS[call.region]]}}


def describe_available_resource(call: Call) -> Answer:
    """
    Return where a kind of thing is sold: `DestinationResource` is Zone, InstanceType, SystemDisk or DataDisk.

    Instance types are filtered by name, vCPUs (`Cores`) and GiB (`Memory`), disks by category.
    """
    params = call.params
    zones = REGIONS[call.region]
    destination = params.required("DestinationResource")
    wanted_zone = params.text("ZoneId")
    if destination not in ("Zone", "InstanceType", "SystemDisk", "DataDisk"):
        raise params.invalid("DestinationResource")
    if wanted_zone and wanted_zone not in zones:
        raise ActionError("InvalidZoneId.NotFound", "The specified zone does not exist.", 404)
    wanted = _wanted_types(params)
    wanted_category = params.text(f"{destination}Category")
    categories = [category for category in DISK_CATEGORIES if wanted_category in ("", category)]
    rows = []
    for zone in zones:
        if wanted_zone in ("", zone):
            sold = [name for name in wanted if is_sold(name, zone)]
            if sold and categories:
                rows.append(_show_available(call.region, zone, destination, sold, categories))
    return {"AvailableZones": {"AvailableZone": rows}}


def _wanted_types(params: Parameters) -> list[str]:
    name, cpus, gib = params.text("InstanceType"), params.integer("Cores"), params.number("Memory")
    return [
        type_.name
        for type_ in INSTANCE_TYPES.values()
        if name in ("", type_.name) and cpus in (None, type_.cpus) and gib in (None, type_.memory_gib)
    ]


def _show_zone(zone: str) -> dict[str, Any]:
    sold = [name for name in INSTANCE_TYPES if is_sold(name, zone)]
    return {
        "ZoneId": zone,
        "LocalName": zone,
        "ZoneType": "AvailabilityZone",
        "AvailableInstanceTypes": {"InstanceTypes": sold},
        "AvailableDiskCategories": {"DiskCategories": list(DISK_CATEGORIES)},
        "AvailableResourceCreation": {"ResourceTypes": list(_CREATABLE)},
        "AvailableVolumeCategories": {"VolumeCategories": []},
        "AvailableDedicatedHostTypes": {"DedicatedHostType": []},
        "DedicatedHostGenerations": {"DedicatedHostGeneration": []},
        "AvailableResources": {"ResourcesInfo": []},
    }


def _show_available(region: str, zone: str, destination: str, sold: list[str], categories: list[str]) -> dict[str, Any]:
    available = {"Status": "Available", "StatusCategory": "WithStock"}
    resources: list[dict[str, Any]] = []
    if destination == "InstanceType":
        supported: list[dict[str, Any]] = [{"Value": name, **available} for name in sold]
    else:
        supported = [
            {"Value": category, "Min": DISK_SIZES_GIB[category][0], "Max": DISK_SIZES_GIB[category][1], "Unit": "GiB"}
            | available
            for category in categories
        ]
    if destination != "Zone":
        resources.append({"Type": destination, "SupportedResources": {"SupportedResource": supported}})
    return {
        "RegionId": region,
        "ZoneId": zone,
        **available,
        "AvailableResources": {"AvailableResource": resources},
    }


READS = {
    "DescribeRegions": describe_regions,
    "DescribeZones": describe_zones,
    "DescribeAvailableResource": describe_available_resource,
}

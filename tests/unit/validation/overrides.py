"""NamespacedCloudProfiles for the example's Shoot."""

from __future__ import annotations

import copy
from typing import Any

from tests.unit.validation.example import PROVIDER, Change, Objects, pool, profile, shoot

OWN = "NamespacedCloudProfile/own"
LATER = "2030-01-01T00:00:00Z"
REGIONS = [{"name": "eu-central-1", "id": "m-own"}]


def config(*images: dict[str, Any]) -> dict[str, Any]:
    return {"apiVersion": PROVIDER, "kind": "CloudProfileConfig", "machineImages": list(images)}


def mapped(name: str, *versions: str, **fields: Any) -> dict[str, Any]:
    entry = fields or {"regions": REGIONS}
    return {"name": name, "versions": [{"version": version, **entry} for version in versions]}


def image(name: str, *versions: str, **fields: Any) -> dict[str, Any]:
    return {"name": name, "versions": [{"version": version, **fields} for version in versions]}


def own(objects: Objects) -> Any:
    return objects["NamespacedCloudProfile"]["spec"]


def use(**fields: Any) -> Change:
    """Return a change that lets the Shoot use a NamespacedCloudProfile with these fields."""

    def change(objects: Objects) -> None:
        objects["NamespacedCloudProfile"] = {
            "apiVersion": "core.gardener.cloud/v1beta1",
            "kind": "NamespacedCloudProfile",
            "metadata": {"name": "own", "namespace": "garden-demo"},
            "spec": {"parent": {"kind": "CloudProfile", "name": "alicloud"}, **copy.deepcopy(fields)},
        }
        shoot(objects)["cloudProfile"] = {"kind": "NamespacedCloudProfile", "name": "own"}

    return change


def both(*changes: Change) -> Change:
    """Return a change that makes all of them, in their order."""

    def change(objects: Objects) -> None:
        for one in changes:
            one(objects)

    return change


def with_status(**fields: Any) -> Change:
    """Return a change that gives the NamespacedCloudProfile the status that the parent alone amounts to."""

    def change(objects: Objects) -> None:
        spec = {**copy.deepcopy(profile(objects)), **fields}
        objects["NamespacedCloudProfile"]["status"] = {"cloudProfileSpec": spec, "observedGeneration": 1}

    return change


def pool_image(version: str, name: str = "gardenlinux") -> Change:
    return lambda objects: pool(objects)["machine"].update(image={"name": name, "version": version})


NEW_IMAGE = use(
    machineImages=[image("gardenlinux", "1700.0.0"), image("suse", "15.6.0")],
    providerConfig=config(mapped("gardenlinux", "1700.0.0"), mapped("suse", "15.6.0")),
)

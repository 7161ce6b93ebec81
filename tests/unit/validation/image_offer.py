"""What the example's CloudProfile offers as images, what its first pool asks for, and what comes of it."""

from __future__ import annotations

from typing import Any

from tests.unit.validation.example import POOL, Judge, Objects, pool, profile

IMAGE = f"{POOL}.machine.image"
PAST, FUTURE = "2026-11-30T11:59:59Z", "2026-11-30T12:00:01Z"
NOW = "2026-11-30T12:00:00Z"
NEWER = "1592.5.0"
OLDER = "1592.3.0"


def offer(objects: Objects, version: str, name: str = "gardenlinux", **more: Any) -> None:
    """Let the CloudProfile offer and map a version, before those it has; `more` are fields of the offer."""
    spec = profile(objects)
    (offered,) = [image for image in spec["machineImages"] if image["name"] == name]
    (mapped,) = [image for image in spec["providerConfig"]["machineImages"] if image["name"] == name]
    offered["versions"].insert(0, {"version": version, **more})
    regions = [{"name": "eu-central-1", "id": f"m-{version.replace('.', '-')}"}]
    mapped["versions"].insert(0, {"version": version, "regions": regions})


def change_offer(objects: Objects, **more: Any) -> None:
    """Change the offer of the version that the example's pools have."""
    profile(objects)["machineImages"][0]["versions"][0].update(more)


def stages(*steps: tuple[str, str | None]) -> list[dict[str, str]]:
    return [{"classification": kind, **({"startTime": at} if at else {})} for kind, at in steps]


def ask(objects: Objects, version: str | None = None, name: str | None = "gardenlinux") -> None:
    """Let the first pool ask for an image, or for none."""
    image = {"name": name, **({"version": version} if version else {})} if name else None
    pool(objects)["machine"]["image"] = image
    objects["Shoot"].pop("status", None)


def images(judge: Judge, objects: Objects, old: Objects | None = None) -> list[tuple[str, str]]:
    """Return type and path of each error that is about the first pool's image."""
    errors = judge(objects, old).errors
    return [(problem.type, problem.path) for problem in errors if problem.path.startswith(f"{POOL}.machine")]


def with_capabilities(objects: Objects, **values: list[str]) -> None:
    profile(objects)["machineCapabilities"] = [{"name": name, "values": of} for name, of in values.items()]

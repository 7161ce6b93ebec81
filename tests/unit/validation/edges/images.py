"""Edges of the rules for the machine images of a Shoot's pools, and for what a CloudProfile says of images."""

from __future__ import annotations

from typing import Any, Final

from tests.unit.validation.edges.edge import GONE, POOL, PROFILE, SHOOT, Edge, all_of, edge, put
from tests.unit.validation.image_offer import FUTURE, NOW, PAST, stages

IMAGE: Final = f"{POOL}.machine.image"
IMAGES: Final = f"{PROFILE}.machineImages"
VERSION: Final = f"{IMAGES}.0.versions.0"
"""The offer of the version that the example's pools have."""

in_place: Final = put(f"{POOL}.updateStrategy", "AutoInPlaceUpdate")
expired: Final = all_of(
    put(f"{VERSION}.expirationDate", PAST),
    put(f"{SHOOT}.provider.workers.1.machine.image.version", "1443.10.0"),
)
unnamed: Final = put(IMAGE, GONE)
capable: Final = all_of(
    put(f"{PROFILE}.machineCapabilities", [{"name": "boot", "values": ["uefi", "bios"]}]),
    put(f"{PROFILE}.machineTypes.0.capabilities", {"boot": ["uefi"]}),
)


def offer(type: str, path: str, inside: Any, outside: Any, **more: Any) -> Edge:
    return edge("images.offer", type, path, inside, outside, **more)


OFFER = [
    offer("NotSupported", f"{IMAGE}.name", "gardenlinux", "gardenlinus"),
    offer("NotSupported", f"{IMAGE}.version", "1592.4.0", "1592.4.1"),
    offer("NotSupported", f"{VERSION}.version", "1592.4.0", "1592.4.1"),
    offer("NotSupported", f"{VERSION}.architectures", ["arm64", "amd64"], ["arm64"]),
    offer("NotSupported", f"{VERSION}.architectures", [], ["arm64"]),
    offer(
        "NotSupported",
        f"{VERSION}.capabilityFlavors",
        [{"boot": ["uefi", "bios"]}],
        [{"boot": ["bios"]}],
        given=capable,
    ),
    offer("NotSupported", f"{VERSION}.capabilityFlavors", [{}], [{"boot": ["bios"]}], given=capable),
    offer("NotSupported", f"{VERSION}.classification", "preview", "unavailable"),
    offer("NotSupported", f"{VERSION}.lifecycle", stages(("preview", PAST)), stages(("preview", NOW))),
    offer("NotSupported", f"{VERSION}.lifecycle", stages(("preview", None)), stages(("preview", FUTURE))),
    offer("Forbidden", f"{VERSION}.expirationDate", NOW, PAST),
    offer("Forbidden", f"{VERSION}.expirationDate", "2026-11-30T13:00:00+01:00", "2026-11-30T12:59:59+01:00"),
    offer(
        "Forbidden",
        f"{VERSION}.lifecycle",
        stages(("deprecated", None), ("expired", NOW)),
        stages(("deprecated", None), ("expired", PAST)),
    ),
    offer("NotSupported", f"{VERSION}.inPlaceUpdates", {"supported": True}, {"supported": False}, given=in_place),
    offer("NotSupported", f"{VERSION}.inPlaceUpdates", {"supported": True}, GONE, given=in_place),
    offer(
        "NotSupported",
        f"{VERSION}.inPlaceUpdates.minVersionForUpdate",
        "1443.10.0",
        "1443.10.1",
        given=all_of(in_place, put(f"{VERSION}.inPlaceUpdates.supported", True), put(f"{IMAGE}.version", "1443.10.0")),
        then=put(f"{IMAGE}.version", "1592.4.0"),
    ),
    # To an expired version a pool may only move forward.
    offer(
        "Forbidden",
        f"{IMAGE}.version",
        "1592.3.9",
        "1592.4.0",
        given=expired,
        then=put(f"{IMAGE}.version", "1592.4.0"),
    ),
    offer(
        "Forbidden",
        f"{POOL}.name",
        "general",
        "other",
        given=all_of(expired, put(f"{IMAGE}.version", "1443.10.0")),
        then=all_of(put(f"{POOL}.name", "general"), put(f"{IMAGE}.version", "1592.4.0")),
    ),
]

CHOICES = [
    edge("images.choices", "NotSupported", IMAGE, GONE, {"name": "gardenlinus"}),
    edge("images.choices", "NotSupported", IMAGE, {"name": "gardenlinux"}, {"name": "gardenlinux", "version": "1591"}),
    edge("images.choices", "NotSupported", f"{IMAGE}.version", "1592.4", "1592.3"),
    edge("images.choices", "NotSupported", f"{VERSION}.expirationDate", NOW, PAST, put(f"{IMAGE}.version", "1592")),
    edge(
        "images.choices",
        "NotSupported",
        f"{VERSION}.classification",
        "deprecated",
        "preview",
        put(f"{IMAGE}.version", "1592"),
    ),
    edge(
        "images.choices",
        "NotSupported",
        f"{VERSION}.inPlaceUpdates.supported",
        True,
        False,
        all_of(in_place, unnamed, put(IMAGES, [{"name": "gardenlinux", "versions": [{"version": "1592.4.0"}]}])),
    ),
]

LIFECYCLES = [
    edge("cloud_profile.lifecycles", "Invalid", f"{VERSION}.expirationDate", FUTURE, FUTURE.removesuffix("Z")),
    edge("cloud_profile.lifecycles", "Invalid", f"{VERSION}.expirationDate", FUTURE, "soon"),
    edge(
        "cloud_profile.lifecycles",
        "Invalid",
        f"{VERSION}.lifecycle",
        stages(("preview", PAST)),
        stages(("preview", PAST.removesuffix("Z"))),
    ),
    edge("cloud_profile.lifecycles", "NotSupported", f"{VERSION}.classification", "supported", "suported"),
    edge(
        "cloud_profile.lifecycles",
        "NotSupported",
        f"{VERSION}.lifecycle",
        stages(("supported", None)),
        stages(("suported", None)),
    ),
    edge(
        "cloud_profile.lifecycles",
        "Forbidden",
        f"{VERSION}.expirationDate",
        GONE,
        FUTURE,
        put(f"{VERSION}.lifecycle", stages(("supported", None))),
    ),
]

EDGES: list[Edge] = [*OFFER, *CHOICES, *LIFECYCLES]

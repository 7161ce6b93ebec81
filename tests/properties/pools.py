"""Worker pools that fit into a network, with every setting that a pool has."""

from __future__ import annotations

import string
from typing import Any

from hypothesis import assume
from hypothesis import strategies as st

from provisioner.validation.machine_disks import ESSD_FAMILIES, OLDER_CATEGORIES, machine_family
from tests.properties.cloud_profiles import DATA_GIB, SYSTEM_CATEGORIES, Offer, architecture_of
from tests.properties.texts import hostile_texts, label_names, label_values, qualified_names, taggable_names

_NAME = string.ascii_lowercase + string.digits
_DISK_NAME = string.ascii_letters + string.digits + "._-"
_LARGEST_GROUP = 2000
_LONGEST_NEW_NAME = 15
_MOST_LABELS = 12
"""That can be tags of the machines, beside those of Gardener and the shoot."""
_SYSTEM_GIB = (20, 500)
_GIB = 2**30
_UNITS = {"Gi": 2**30, "Mi": 2**20, "Ki": 2**10, "G": 10**9, "M": 10**6, "k": 10**3}


def pool_names(*, is_new: bool) -> st.SearchStrategy[str]:
    """Return DNS labels, the longest ones too: an API server takes 15 characters now, older pools may have 63."""
    longest = _LONGEST_NEW_NAME if is_new else 63
    middle = st.text(_NAME + "-", max_size=longest - 2)
    return st.one_of(
        st.sampled_from(["general", "a", "0", "1e3", "on", "null", "p-1", "a--b", "x" * longest]),
        st.builds(
            lambda first, rest, last: f"{first}{rest}{last}", st.sampled_from(_NAME), middle, st.sampled_from(_NAME)
        ),
    )


@st.composite
def pools(
    draw: st.DrawFn, offer: Offer, room: dict[str, int], name: str, *, most_machines: int, is_new: bool
) -> dict[str, Any]:
    """Return a pool with this name, and take its machines off the `room` of its zones."""
    # System components have to find a machine in each zone of a new shoot.
    usable = [zone for zone in offer.zones if room[zone] > 0 or not is_new]
    assume(usable)
    zones = draw(st.permutations(usable))[: draw(st.integers(1, len(usable)))]
    machine_type = draw(st.sampled_from(offer.types_in(zones)))
    architecture = architecture_of(machine_type)
    image, version = draw(st.sampled_from(offer.images[architecture]))
    most_per_zone = min(_LARGEST_GROUP, *(room[zone] for zone in zones))
    least = len(zones) if is_new and most_per_zone else 0
    maximum = draw(st.integers(least, most_per_zone * len(zones)))
    for index, zone in enumerate(zones):
        room[zone] -= maximum // len(zones) + (index < maximum % len(zones))
    pool: dict[str, Any] = {
        "name": name,
        "machine": {"type": machine_type, "image": {"name": image, "version": version}},
        "minimum": draw(st.integers(0, min(maximum, most_machines))),
        "maximum": maximum,
        "zones": zones,
        "volume": draw(_volumes(_taken(SYSTEM_CATEGORIES, machine_type), system=True, is_new=is_new)),
        **draw(_updates()),
        **draw(_node_settings(is_new=is_new)),
    }
    if architecture != "amd64" or draw(st.booleans()):
        pool["machine"]["architecture"] = architecture
    count = draw(st.sampled_from([0, 0, 1, 2, 3, 16]))
    names = draw(st.lists(disk_names(is_new=is_new), min_size=count, max_size=count, unique=True))
    categories = _taken(tuple(DATA_GIB), machine_type)
    pool["dataVolumes"] = [{"name": item, **draw(_volumes(categories, system=False, is_new=is_new))} for item in names]
    if names and draw(st.booleans()):
        pool["kubeletDataVolumeName"] = draw(st.sampled_from(names))
    if draw(st.integers(0, 3)) == 0:
        pool["priority"] = draw(st.integers(-1, 2**31 - 1))
    return pool


def _taken(categories: tuple[str, ...], machine_type: str) -> tuple[str, ...]:
    """Return the disk categories that machines of a type can have."""
    if machine_family(machine_type) in ESSD_FAMILIES:
        return tuple(category for category in categories if category not in OLDER_CATEGORIES)
    return categories


def disk_names(*, is_new: bool) -> st.SearchStrategy[str]:
    """Return names of data volumes: short DNS labels of new ones."""
    if is_new:
        return st.builds(
            lambda first, rest: f"{first}{rest}",
            st.sampled_from(string.ascii_lowercase),
            st.text(_NAME, min_size=1, max_size=_LONGEST_NEW_NAME - 1),
        )
    return st.builds(
        lambda first, rest: first + rest,
        st.sampled_from(string.ascii_letters),
        st.text(_DISK_NAME, min_size=1, max_size=63),
    )


@st.composite
def _volumes(draw: st.DrawFn, categories: tuple[str, ...], *, system: bool, is_new: bool) -> dict[str, Any]:
    category = draw(st.sampled_from(categories))
    least, most = _SYSTEM_GIB if system else DATA_GIB[category]
    volume: dict[str, Any] = {"type": category, "size": draw(sizes(least, most, is_new=is_new))}
    encrypted = draw(st.sampled_from([None, None, True, False]))
    if encrypted is not None:
        volume["encrypted"] = encrypted
    return volume


@st.composite
def sizes(draw: st.DrawFn, least: int, most: int, *, is_new: bool) -> str | int:
    """Return a quantity that is, rounded up to whole GiB, between two; Gardener takes nothing but whole GiB now."""
    gib = draw(st.integers(least, most))
    if is_new:
        return f"{gib}Gi"
    form = draw(st.sampled_from([*_UNITS, "", "number", "Ti"]))
    if form in ("", "number"):
        return gib if form == "number" else str(gib)
    if form == "Ti":
        return f"{gib // 1024}Ti" if gib % 1024 == 0 else f"{gib}.0Gi"
    # The most of this unit that still fits.
    return f"{gib * _GIB // _UNITS[form]}{form}"


@st.composite
def _updates(draw: st.DrawFn) -> dict[str, Any]:
    """Return a strategy, and how many machines may be replaced at a time: never none at all."""
    strategy = draw(st.sampled_from([None, None, "AutoRollingUpdate", "AutoInPlaceUpdate", "ManualInPlaceUpdate"]))
    found: dict[str, Any] = {} if strategy is None else {"updateStrategy": strategy}
    if strategy == "ManualInPlaceUpdate":
        return found
    surge = draw(st.sampled_from([None, 0, 1, 3, 2000, "0%", "1%", "33%", "100%", "250%"]))
    unavailable = draw(st.sampled_from([None, 0, 1, 2, 500, "0%", "1%", "66%", "100%"]))
    surges = surge if surge is not None else (0 if strategy == "AutoInPlaceUpdate" else 1)
    unavailables = unavailable if unavailable is not None else (1 if strategy == "AutoInPlaceUpdate" else 0)
    if surges in (0, "0%") and unavailables in (0, "0%"):
        surge = "25%"
    return (
        found
        | ({} if surge is None else {"maxSurge": surge})
        | ({} if unavailable is None else {"maxUnavailable": unavailable})
    )


@st.composite
def _node_settings(draw: st.DrawFn, *, is_new: bool) -> dict[str, Any]:
    """Return labels, annotations and taints."""
    found: dict[str, Any] = {}
    if draw(st.booleans()):
        # Of a new shoot, each label has to be one that its machines can have as a tag, too.
        keys = taggable_names() if is_new else qualified_names()
        most = draw(st.sampled_from([1, 3, _MOST_LABELS if is_new else 25]))
        found["labels"] = draw(st.dictionaries(keys, label_values(), max_size=most))
    if draw(st.booleans()):
        found["annotations"] = draw(st.dictionaries(qualified_names(), hostile_texts(), max_size=2))
    if draw(st.booleans()):
        effects = st.sampled_from(["NoSchedule", "PreferNoSchedule", "NoExecute"])
        keys = draw(st.lists(st.tuples(label_names(), effects), max_size=3, unique=True))
        found["taints"] = [
            {"key": key, "effect": effect, **draw(st.sampled_from([{}, {"value": ""}, {"value": "v.1"}]))}
            for key, effect in keys
        ]
    return found

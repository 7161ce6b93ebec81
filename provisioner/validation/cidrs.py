"""Address ranges: reading them strictly and comparing them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network

from provisioner.api.text import show
from provisioner.errors import Problem
from provisioner.validation.findings import Subject


@dataclass(frozen=True, slots=True)
class Range:
    """An address range and where it is written."""

    path: str
    name: str
    """How another range's problem names it, for example `zones[0]`."""
    network: IPv4Network


def read_range(path: str, name: str, text: str | None) -> Range | None:
    """Return a correct IPv4 range, or None: `check_range` reports what is missing or wrong."""
    network = _parse(text)
    if not isinstance(network, IPv4Network) or str(network) != text:
        return None
    return Range(path, name, network)


def is_range(text: str | None) -> bool:
    """Return whether the text is an address range of any kind."""
    return _parse(text) is not None


def check_range(subject: Subject, path: str, text: str | None) -> Iterator[Problem]:
    """Yield a problem unless the text is an IPv4 range in canonical form."""
    if text is None:
        return
    network = _parse(text)
    if network is None:
        detail = f"{show(text)} is not an address range"
        yield subject.problem(path, "Invalid", detail, "write it as 10.250.0.0/16")
    elif isinstance(network, IPv6Network):
        yield subject.problem(path, "Invalid", f"{show(text)} is not an IPv4 range", "write it as 10.250.0.0/16")
    elif str(network) != text:
        yield subject.problem(path, "Invalid", f"{show(text)} is not in canonical form", f"write {network}")


def check_inside(subject: Subject, inner: Range, outer: Range) -> Iterator[Problem]:
    """Yield a problem unless one range lies in the other."""
    if not inner.network.subnet_of(outer.network):
        detail = f"{inner.network} is not inside {outer.name} ({outer.network})"
        yield subject.problem(inner.path, "Invalid", detail, f"choose a range inside {outer.network}")


def check_disjoint(subject: Subject, ranges: Sequence[Range], others: Sequence[Range]) -> Iterator[Problem]:
    """Yield a problem for each range that overlaps one of the others."""
    for item in ranges:
        for other in others:
            if item.path != other.path and item.network.overlaps(other.network):
                detail = f"{item.network} overlaps {other.name} ({other.network})"
                yield subject.problem(item.path, "Invalid", detail, "choose ranges that do not overlap")


def check_pairwise_disjoint(subject: Subject, ranges: Sequence[Range]) -> Iterator[Problem]:
    """Yield a problem for each range that overlaps another one, on the later of the two."""
    position = {item.path: index for index, item in enumerate(ranges)}
    overlaps: dict[int, tuple[Range, Range]] = {}
    # In order of their first addresses, a range can only overlap the one before it that reaches furthest.
    furthest: Range | None = None
    for item in sorted(ranges, key=lambda item: (item.network.network_address, item.network.prefixlen)):
        if furthest is not None and item.network.overlaps(furthest.network):
            earlier, later = sorted((furthest, item), key=lambda item: position[item.path])
            overlaps.setdefault(position[later.path], (later, earlier))
        if furthest is None or item.network.broadcast_address > furthest.network.broadcast_address:
            furthest = item
    for _, (later, earlier) in sorted(overlaps.items(), key=lambda entry: entry[0]):
        yield from check_disjoint(subject, [later], [earlier])


def _parse(text: str | None) -> IPv4Network | IPv6Network | None:
    """Return the network of a text with a prefix length, host bits ignored; None if it is not one."""
    if text is None or "/" not in text:
        return None
    try:
        return ip_network(text, strict=False)
    except ValueError:
        return None

"""
Ways in which the log of a finished shoot gets damaged: by hand, by a tool that copies, by a bucket that is restored.

A damage removes an object, cuts it short, copies it to another number or puts it in the place of a newer one. Pairs
combine two of these. A restored bucket loses everything that was stored since a run or a version began.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations

from tests.crash.bucket_contents import Stored
from tests.crash.kill_points import mix

PAIRS = 48
"""How many pairs are taken, of about ten thousand."""
_FAR = 9_999_999_999
_KEY = re.compile(r"(?P<folder>.*/(?P<root>\w+)/(?P<kind>state|lock)/)(?P<number>\d{10})(?P<suffix>\.\w+)")

Log = Mapping[str, Stored]
"""The objects of a shoot's log by their keys."""


@dataclass(frozen=True, slots=True)
class Damage:
    """The objects that replace others; None for one that is removed."""

    name: str
    changes: Mapping[str, Stored | None] = field(repr=False)

    def __str__(self) -> str:
        """Return it as a test's name."""
        return self.name


@dataclass(frozen=True, slots=True)
class Chain:
    """The numbered objects of one folder."""

    name: str
    """For example `infrastructure state`."""
    folder: str
    suffix: str
    numbers: Sequence[int]
    """Ascending."""

    def key(self, number: int) -> str:
        """Return the key of the object of this number."""
        return f"{self.folder}{number:010}{self.suffix}"

    def describe(self, number: int) -> str:
        """Return a number's place, counted from the end, since the length of a chain differs from run to run."""
        back = sum(other > number for other in self.numbers)
        return f"{self.name} newest{f'-{back}' if back else ''}"


def all_damages(log: Log) -> list[Damage]:
    """Return every damage of a log, the pairs last."""
    single = [damage for chain in _chains(log) for damage in _damages_of(chain, log)]
    return [*single, *_tails(log), *_pairs(single)]


def _chains(log: Log) -> list[Chain]:
    found: dict[str, Chain] = {}
    for key in sorted(log):
        match = _KEY.fullmatch(key)
        assert match is not None, f"{key} is no part of a log"
        chain = found.get(match["folder"]) or Chain(
            f"{match['root']} {match['kind']}", match["folder"], match["suffix"], ()
        )
        found[chain.folder] = replace(chain, numbers=(*chain.numbers, int(match["number"])))
    return list(found.values())


def _damages_of(chain: Chain, log: Log) -> Iterator[Damage]:
    """Yield the damages of each object of a chain."""
    newest = chain.numbers[-1]
    now = time.time()
    for number in chain.numbers:
        key, name = chain.key(number), chain.describe(number)
        stored = log[key]
        copied = replace(stored, created=now)
        by_hand = replace(copied, headers=_without_metadata(copied.headers))
        yield Damage(f"{name} removed", {key: None})
        yield Damage(f"{name} cut in half", {key: replace(stored, body=stored.body[: len(stored.body) // 2])})
        yield Damage(f"{name} emptied", {key: replace(stored, body=b"")})
        yield Damage(f"{name} doubled as the next", {chain.key(newest + 1): copied})
        yield Damage(f"{name} doubled far away", {chain.key(_FAR): copied})
        yield Damage(f"{name} copied by hand as the next", {chain.key(newest + 1): by_hand})
        if number != newest:
            yield Damage(f"{name} in place of the newest", {chain.key(newest): copied})
            yield Damage(f"{name} copied by hand in place of the newest", {chain.key(newest): by_hand})


def _tails(log: Log) -> Iterator[Damage]:
    """Yield the restored logs of each root, and of both, as they were before each run and version."""
    begins = [begin for chain in _chains(log) for begin in _begins(chain, log)]
    for scope in ("infrastructure", "worker", "both"):
        own = {key: stored for key, stored in log.items() if scope == "both" or f"/{scope}/" in key}
        for key, name in begins:
            if key in own:
                gone = [other for other, stored in own.items() if stored.created >= own[key].created]
                yield Damage(f"{scope} restored to before {name}", dict.fromkeys(gone))


def _begins(chain: Chain, log: Log) -> Iterator[tuple[str, str]]:
    """Yield key and name of the versions of a chain of states, or of the events of a lease that begin runs."""
    if not chain.name.endswith(" lock"):
        yield from ((chain.key(number), chain.describe(number)) for number in chain.numbers)
        return
    runs = replace(
        chain,
        name=chain.name.replace(" lock", " run"),
        numbers=[number for number in chain.numbers if b'"acquire"' in log[chain.key(number)].body],
    )
    yield from ((runs.key(number), runs.describe(number)) for number in runs.numbers)


def _pairs(single: Sequence[Damage]) -> list[Damage]:
    """Return pairs of damages that change different objects, evenly spread over all such pairs."""
    apart = [(one, other) for one, other in combinations(single, 2) if not one.changes.keys() & other.changes.keys()]
    return [Damage(f"{one}, {other}", {**one.changes, **other.changes}) for one, other in mix(apart)[:PAIRS]]


def _without_metadata(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if not name.startswith("x-oss-meta-")}

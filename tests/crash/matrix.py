"""
The kill matrix as a program: `python -m tests.crash.matrix`, or `make crash-matrix`.

It takes every point of an undisturbed apply, where everything is killed and the next run is on another machine, and a
spread of the other kinds of kills and of the other scenarios. It prints each kill that left something wrong, keeps its
folder, and ends with the sums.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.crash.kill import Kill, KillOutcome, Kills, Victims, add_provider
from tests.crash.kill_points import Point, mix
from tests.crash.matrix_runner import Matrix, Trial
from tests.crash.scenarios import SCENARIOS

_OTHER_KINDS = 24
"""Points of an apply for each other kind: the folders stay, only provision is killed, only terraform is killed."""
_OTHER_SCENARIOS = 48
"""Points of each other scenario."""


def kills(matrix: Kills, scenarios: list[str]) -> list[Kill]:
    """Return the whole matrix."""
    return [kill for name in scenarios for kill in _kills_of(matrix, name)]


def _kills_of(matrix: Kills, name: str) -> Iterator[Kill]:
    scenario = SCENARIOS[name]
    points = matrix.points(scenario)
    chosen = points if name == "apply" else mix(points)[:_OTHER_SCENARIOS]
    print(f"{name}: {len(chosen)} of {len(points)} points", flush=True)
    for point in chosen:
        yield Kill(scenario, point)
    if name != "apply":
        return
    victims: list[tuple[Victims, bool, list[Point]]] = [
        ("everything", True, points),
        ("provision", False, points),
        # While terraform runs, a run calls only the cloud.
        ("terraform", False, [point for point in points if not point.is_oss]),
    ]
    for who, has_leftovers, among in victims:
        for number, point in enumerate(mix(among)[:_OTHER_KINDS]):
            yield Kill(scenario, point, who, has_leftovers or (who == "provision" and number % 2 == 1))


def _prepare(folder: Path, arguments: argparse.Namespace) -> Trial[Kill]:
    matrix = Kills(folder, arguments.provider)
    return Trial(kills(matrix, arguments.scenario or list(SCENARIOS)), matrix.run)


def _add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--scenario", action="append", choices=sorted(SCENARIOS), help="only this one; repeatable")
    add_provider(parser)


MATRIX = Matrix(
    "crash", __doc__, "points", KillOutcome, _prepare, add_options=_add_options, jobs=2 * (os.cpu_count() or 1)
)

if __name__ == "__main__":
    sys.exit(MATRIX.main())

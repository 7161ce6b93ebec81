"""
The kill matrix as a program: `python -m tests.crash.matrix`, or `make crash-matrix`.

Every point of an undisturbed apply with everything killed and the next run elsewhere; a spread of the other kinds of
kills and of the other scenarios. Prints each kill that left something wrong, keeps its folder, and ends with the sums.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

from tests.crash.kill import Kill, Matrix, Outcome, Victims
from tests.crash.kill_points import Point, mix
from tests.crash.scenarios import SCENARIOS

_OTHER_KINDS = 24
"""Points of an apply at which the leftovers stay, only provision is killed, or only terraform."""
_OTHER_SCENARIOS = 48
"""Points of each other scenario."""


def kills(matrix: Matrix, scenarios: list[str]) -> list[Kill]:
    """Return the whole matrix."""
    return [kill for name in scenarios for kill in _kills_of(matrix, name)]


def _kills_of(matrix: Matrix, name: str) -> Iterator[Kill]:
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
        # Only calls to the cloud are made while terraform runs.
        ("terraform", False, [point for point in points if not point.is_oss]),
    ]
    for who, has_leftovers, among in victims:
        for number, point in enumerate(mix(among)[:_OTHER_KINDS]):
            yield Kill(scenario, point, who, has_leftovers or (who == "provision" and number % 2 == 1))


def run_matrix(matrix: Matrix, chosen: list[Kill], jobs: int) -> list[Outcome]:
    """Carry all kills out, some at a time, and print what goes wrong."""
    outcomes: list[Outcome] = []
    with ThreadPoolExecutor(jobs) as executor:
        for done in as_completed([executor.submit(matrix.run, kill) for kill in chosen]):
            outcome = done.result()
            outcomes.append(outcome)
            if not outcome.is_good:
                print(outcome, flush=True)
            if len(outcomes) % 20 == 0:
                print(f"{summarise(outcomes)} (of {len(chosen)})", flush=True)
    return outcomes


def summarise(outcomes: list[Outcome]) -> str:
    """Return the sums in one line."""
    unreached = sum(not outcome.is_reached for outcome in outcomes)
    return (
        f"points {len(outcomes)}, leaked {sum(bool(outcome.leaked) for outcome in outcomes)}, "
        f"duplicated {sum(bool(outcome.duplicated) for outcome in outcomes)}, "
        f"not converged {sum(bool(outcome.not_converged) for outcome in outcomes)}"
        + (f", never reached {unreached}" if unreached else "")
    )


def main() -> int:
    """Run what the command line asks for; return 1 unless all is good."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scenario", action="append", choices=sorted(SCENARIOS), help="only this one; repeatable")
    parser.add_argument("--spread", type=int, metavar="N", help="only N kills, evenly spread over the matrix")
    parser.add_argument("--match", default="", metavar="TEXT", help="only kills that say TEXT when they are printed")
    parser.add_argument("--provider", choices=("embedded", "real"), default="embedded")
    parser.add_argument("--jobs", type=int, default=2 * (os.cpu_count() or 1), help="kills at a time")
    parser.add_argument("--folder", type=Path, help="where the kills take place; default: a new temporary one")
    arguments = parser.parse_args()
    if arguments.provider == "real" and not os.environ.get("PROVISION_REAL_PROVIDER"):
        parser.error("PROVISION_REAL_PROVIDER has to name an executable of aliyun/alicloud")
    folder = arguments.folder or Path(tempfile.mkdtemp(prefix="crash-"))
    matrix = Matrix(folder.absolute(), arguments.provider)
    chosen = [kill for kill in kills(matrix, arguments.scenario or list(SCENARIOS)) if arguments.match in str(kill)]
    # Mixed as a whole, too: what is ended early has seen something of everything.
    outcomes = run_matrix(matrix, mix(chosen)[: arguments.spread], arguments.jobs)
    print(summarise(outcomes))
    is_good = all(outcome.is_good for outcome in outcomes)
    if is_good and arguments.folder is None:
        shutil.rmtree(folder)
    return 0 if is_good else 1


if __name__ == "__main__":
    sys.exit(main())

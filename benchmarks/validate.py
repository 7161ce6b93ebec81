"""
`provision validate`: the whole command on the example, and 1,000 shoots in one call.

The first is the time of the command, the interpreter's start included, with everything in the file cache. The second is
shoots a second of one core: the processor time of the whole command, and in this process where that time goes; the peer
is PyYAML's own C loader, which makes plain data of the same bytes in the same run. Prints a line per measurement and
returns 1 if a bound does not hold.

    python benchmarks/validate.py [--rounds 20] [--shoots 1000]
"""

from __future__ import annotations

import argparse
import gc
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from provisioner.manifests import load_manifests, read_documents
from provisioner.validation import validate

REPOSITORY = Path(__file__).resolve().parent.parent
EXAMPLE = REPOSITORY / "examples" / "shoot.yaml"
PROVISION = Path(sys.executable).with_name("provision")
START_BOUND_MS = 150.0
SHOOTS_BOUND = 300.0


def main() -> int:
    """Measure, print, and return 1 if a bound does not hold."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--shoots", type=int, default=1000)
    options = parser.parse_args()
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; {options.rounds} rounds")
    is_quick = measure_start(options.rounds)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "shoots.yaml"
        file.write_text(many_shoots(options.shoots))
        is_steady = measure_many(file, options.shoots)
    return 0 if is_quick and is_steady else 1


def measure_start(rounds: int) -> bool:
    """Print the time of the command on the example, and return whether the median is within the bound."""
    run(EXAMPLE)  # fills the file cache
    seconds = [run(EXAMPLE) for _ in range(rounds)]
    walls = [wall * 1000 for wall, _ in seconds]
    processor = min(used for _, used in seconds) * 1000
    median = statistics.median(walls)
    print(
        f"one shoot: median {median:.0f} ms, min {min(walls):.0f} ms (processor time: min {processor:.0f} ms), "
        f"bound {START_BOUND_MS:.0f} ms {verdict(median <= START_BOUND_MS)}"
    )
    return median <= START_BOUND_MS


def measure_many(file: Path, shoots: int) -> bool:
    """Print how many shoots a core validates in a second and where the time goes; return whether the bound holds."""
    processor = min(run(file)[1] for _ in range(3))
    rate = shoots / processor
    data = file.read_bytes()
    gc.set_threshold(200_000)  # as the command has it
    peer = shortest(lambda: list(yaml.load_all(data, Loader=yaml.CSafeLoader)))
    parsing = shortest(lambda: read_documents(data, file.name))
    loading = shortest(lambda: load_manifests([str(file)]))
    manifests = load_manifests([str(file)])
    checking = shortest(lambda: validate(manifests))
    whole = loading + checking
    print(
        f"{shoots} shoots ({len(data) / 1e6:.1f} MB): {processor:.2f} s of one core, {rate:.0f} shoots a second, "
        f"bound {SHOOTS_BOUND:.0f} {verdict(rate >= SHOOTS_BOUND)}"
    )
    print(
        f"in one process: {whole:.2f} s; parse YAML {share(parsing, whole)}, build models "
        f"{share(loading - parsing, whole)}, check rules {share(checking, whole)}"
    )
    print(f"yaml.CSafeLoader on the same bytes: {peer:.2f} s; parsing here takes {parsing / peer:.2f} of that")
    return rate >= SHOOTS_BOUND


def run(file: Path) -> tuple[float, float]:
    """Return the seconds and the processor seconds of `provision validate` on a file."""
    start = time.perf_counter()
    process = subprocess.Popen([str(PROVISION), "validate", str(file)], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise SystemExit(f"provision validate {file} ended with {process.returncode}")
    return seconds, usage.ru_utime + usage.ru_stime


def many_shoots(count: int) -> str:
    """Return the example with `count` shoots, each with its own name, in one file."""
    documents = EXAMPLE.read_text().split("\n---\n")
    is_shoot = ["\nkind: Shoot\n" in document for document in documents]
    shoot = documents[is_shoot.index(True)]
    others = [document for document, is_one in zip(documents, is_shoot, strict=True) if not is_one]
    return "\n---\n".join([*others, *(shoot.replace("canary", f"s{number:05}") for number in range(count))])


def shortest(work: Callable[[], Any], rounds: int = 3) -> float:
    """Return the processor seconds of the quickest of some rounds."""
    seconds = []
    for _ in range(rounds):
        start = time.process_time()
        work()
        seconds.append(time.process_time() - start)
    return min(seconds)


def share(part: float, whole: float) -> str:
    """Return seconds and percent."""
    return f"{part:.2f} s ({part / whole:.0%})"


def verdict(holds: bool) -> str:
    """Return the verdict in words."""
    return "holds" if holds else "does not hold"


if __name__ == "__main__":
    sys.exit(main())

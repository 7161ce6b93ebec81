"""
`provision --help` against `python -c pass` of the same interpreter, in the same run.

    python benchmarks/help.py [--rounds 40]
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time
from pathlib import Path

BOUND = 3.0


def main() -> int:
    """Measure, print, and return 1 if the bound does not hold."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=40)
    rounds = parser.parse_args().rounds
    provision = Path(sys.executable).with_name("provision")
    commands = {"python -c pass": [sys.executable, "-c", "pass"], "provision --help": [str(provision), "--help"]}
    seconds: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(rounds):
        for name, command in commands.items():
            start = time.perf_counter()
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            seconds[name].append(time.perf_counter() - start)
    medians = {name: statistics.median(values) for name, values in seconds.items()}
    for name, median in medians.items():
        print(f"{name}: {median * 1000:.1f} ms")
    ratio = medians["provision --help"] / medians["python -c pass"]
    print(f"ratio {ratio:.2f}, bound {BOUND:.1f} {'holds' if ratio <= BOUND else 'does not hold'}")
    return 0 if ratio <= BOUND else 1


if __name__ == "__main__":
    sys.exit(main())

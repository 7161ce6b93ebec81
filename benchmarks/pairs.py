"""
Two checkouts of the program against each other, in interleaved pairs on the same machine.

Either one runs the same commands with the same interpreter, one right after the other and in turns first: `--help`,
`validate` of the example and of 1,000 shoots, a first apply and one without changes, without latency and with 100 ms
for each call of the cloud and 10 ms for each of the object store. Of each: median wall time and processor time
(children included), the ratio of the medians with its 95 % interval (bootstrap over the pairs), the calls that the
cloud got and the terraforms started.

Returns 1 if the processor time grew by more than 5 %, if a wall time is longer beyond the interval, or if calls or
processes differ.

    python benchmarks/pairs.py --before CHECKOUT [--after CHECKOUT] [--pairs 30]
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(REPOSITORY))

from benchmarks.validate import many_shoots  # noqa: E402 - found through the line above

EXAMPLE = REPOSITORY / "examples" / "shoot.yaml"
CPU_BOUND = 1.05
# `-c` would put the current folder before PYTHONPATH, and both programs would be the one that lies there.
PYTHON = (sys.executable, "-P")
START = "from provisioner.cli import entry_point; entry_point()"
_DRAWS = 2000
_FOREIGN = ("ALICLOUD_", "ALIBABA_CLOUD_", "TF_", "OSS_", "PROVISION_")


@dataclass(frozen=True)
class Case:
    """A command, and the sandbox that it finds."""

    name: str
    arguments: tuple[str, ...]
    latency: str = ""
    is_applied: bool = False
    """Whether the example is applied already."""
    uses_sandbox: bool = True


APPLY = ("apply", str(EXAMPLE), "--sandbox")
SLOW = "cloud=100,oss=10"
MANY = "many.yaml"
"""In place of the manifest of 1,000 shoots."""
CASES = [
    Case("--help", ("--help",), uses_sandbox=False),
    Case("validate", ("validate", str(EXAMPLE)), uses_sandbox=False),
    Case("validate, 1,000 shoots", ("validate", MANY), uses_sandbox=False),
    Case("first apply", APPLY),
    Case("apply without changes", APPLY, is_applied=True),
    Case("first apply, 100/10 ms", APPLY, SLOW),
    Case("apply without changes, 100/10 ms", APPLY, SLOW, is_applied=True),
]


@dataclass(frozen=True)
class Run:
    """One command, measured."""

    wall: float
    cpu: float
    calls: int
    terraforms: int


class Program:
    """One checkout, and a sandbox that its own apply has left."""

    def __init__(self, checkout: Path, folder: Path) -> None:
        self._checkout = checkout
        self._folder = folder
        self._terraform = folder / "terraform"
        self._log = folder / "terraforms"
        folder.mkdir()
        (folder / MANY).write_text(many_shoots(1000))
        # A module without its bytecode would be compiled in every run.
        subprocess.run([sys.executable, "-m", "compileall", "-q", checkout / "provisioner"], check=True)
        self._terraform.write_text(
            f'#!/bin/sh\necho "$1" >> {self._log}\nexec {shutil.which("terraform") or shutil.which("tofu")} "$@"\n'
        )
        self._terraform.chmod(0o700)
        self._applied = folder / "applied"
        where = subprocess.run(
            [*PYTHON, "-c", "import provisioner; print(provisioner.__file__)"],
            env={**os.environ, "PYTHONPATH": str(checkout)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        if not Path(where).is_relative_to(checkout):
            raise SystemExit(f"{checkout} is not what runs: {where}")
        self._start(APPLY, self._applied, "")

    def run(self, case: Case) -> Run:
        """Run a case in a sandbox of its own."""
        sandbox = self._folder / "sandbox"
        shutil.rmtree(sandbox, ignore_errors=True)
        if case.is_applied:
            shutil.copytree(self._applied, sandbox)
            (sandbox / "access.jsonl").unlink()
        self._log.write_text("")
        wall, cpu = self._start(case.arguments, sandbox, case.latency)
        log = sandbox / "access.jsonl"
        calls = len(log.read_text().splitlines()) if log.exists() else 0
        return Run(wall, cpu, calls, len(self._log.read_text().splitlines()))

    def _start(self, arguments: Sequence[str], sandbox: Path, latency: str) -> tuple[float, float]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(_FOREIGN)}
        environment = {
            **kept,
            "PYTHONPATH": str(self._checkout),
            "PROVISION_SANDBOX_DIR": str(sandbox),
            # Nothing is waited for, so the number of calls is the same in every run.
            "PROVISION_SANDBOX_SETTLE_MS": "0",
            "PROVISION_SANDBOX_LATENCY": latency or "cloud=0,oss=0",
            "PROVISION_WORK_DIR": str(self._folder / "work"),
            "PROVISION_CACHE_DIR": str(self._folder / "cache"),
            "PROVISION_TERRAFORM": str(self._terraform),
        }
        start = time.perf_counter()
        process = subprocess.Popen(
            [*PYTHON, "-c", START, *arguments],
            stdout=subprocess.DEVNULL,
            cwd=self._folder,
            env=environment,
        )
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise SystemExit(f"{self._checkout}: {arguments} ended with {process.returncode}")
        return wall, usage.ru_utime + usage.ru_stime


def main() -> int:
    """Measure, print, and return 1 if a bound does not hold."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--before", type=Path, required=True)
    parser.add_argument("--after", type=Path, default=REPOSITORY)
    parser.add_argument("--pairs", type=int, default=30)
    parser.add_argument("--only", default="", help="cases whose name contains this")
    options = parser.parse_args()
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; {options.pairs} pairs")
    is_good = True
    with tempfile.TemporaryDirectory() as name:
        before = Program(options.before.resolve(), Path(name) / "before")
        after = Program(options.after.resolve(), Path(name) / "after")
        for case in (case for case in CASES if options.only in case.name):
            is_good &= compare(case, before, after, options.pairs)
    print(f"load {os.getloadavg()[0]:.1f} in the end")
    return 0 if is_good else 1


def compare(case: Case, before: Program, after: Program, pairs: int) -> bool:
    """Print a line for one case, and return whether it holds."""
    for program in (before, after):
        program.run(case)  # fills the file cache
    old, new = [], []
    for number in range(pairs):
        for program, runs in ((before, old), (after, new))[:: 1 if number % 2 else -1]:
            runs.append(program.run(case))
    wall, low, high = _ratio([run.wall for run in old], [run.wall for run in new])
    cpu, _, _ = _ratio([run.cpu for run in old], [run.cpu for run in new])
    counts = [{(run.calls, run.terraforms) for run in runs} for runs in (old, new)]
    is_same = counts[0] == counts[1] or not case.uses_sandbox
    print(
        f"{case.name}: wall {_ms(run.wall for run in old)} -> {_ms(run.wall for run in new)} "
        f"({wall:.3f}, {low:.3f} to {high:.3f}), processor {_ms(run.cpu for run in old)} -> "
        f"{_ms(run.cpu for run in new)} ({cpu:.3f}), calls and terraforms "
        + (f"{sorted(counts[1])} alike" if is_same else f"{sorted(counts[0])} -> {sorted(counts[1])}"),
        flush=True,
    )
    return is_same and low <= 1.0 and cpu <= CPU_BOUND


def _ratio(old: Sequence[float], new: Sequence[float]) -> tuple[float, float, float]:
    """Return the ratio of the medians, and its 95 % interval."""
    draw = random.Random(0)
    ratios = []
    for _ in range(_DRAWS):
        chosen = [draw.randrange(len(old)) for _ in old]
        ratios.append(statistics.median(new[i] for i in chosen) / statistics.median(old[i] for i in chosen))
    ratios.sort()
    return statistics.median(new) / statistics.median(old), ratios[int(0.025 * _DRAWS)], ratios[int(0.975 * _DRAWS)]


def _ms(seconds: Iterable[float]) -> str:
    return f"{statistics.median(seconds) * 1000:.0f} ms"


if __name__ == "__main__":
    sys.exit(main())

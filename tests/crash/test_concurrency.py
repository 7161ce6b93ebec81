"""
Many runs at once, each in its own process: of one shoot, and of one shoot each.

`make concurrency` takes twenty processes and ten rounds; the tests otherwise take a few of each.
"""

from __future__ import annotations

import itertools
import os
import shlex
import shutil
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from provisioner.state import StateLog
from tests.crash.runs import (
    Run,
    assert_nothing_is_lost,
    read_chain,
    read_versions,
    start,
    uid,
    with_maximum,
    write_shoot,
)
from tests.e2e.conftest import ENTRY, Provision, open_bucket
from tests.e2e.test_main_job import EXPECTED
from tests.spreads import LONG

IS_FULL = os.environ.get("CONCURRENCY") == "full"
PROCESSES, ROUNDS, SHOOTS = (20, 10, 20) if IS_FULL else (6, 1, 5)
ROOTS = ("infrastructure", "worker")

pytestmark = pytest.mark.timeout(7200 if IS_FULL else 300)

_RECORDING = """\
#!/bin/sh
# Records when each terraform that may change something begins and ends.
case "$1" in
apply|destroy)
    echo "$(date +%s%N) begin $$ $PWD" >>{log}
    {terraform} "$@"
    code=$?
    echo "$(date +%s%N) end $$ $PWD" >>{log}
    exit $code ;;
*)
    exec {terraform} "$@" ;;
esac
"""


@pytest.fixture
def provision(tmp_path: Path) -> Iterator[Provision]:
    yield Provision(tmp_path)
    assert not [path for path in (tmp_path / "work").glob("*/") if path.is_dir()], "a working copy was left behind"


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """A terraform that records its intervals in `terraform.log`."""
    terraform = shutil.which("terraform") or shutil.which("tofu")
    if terraform is None:
        pytest.skip("no terraform or tofu on PATH to put a recording one in front of")
    script = tmp_path / "terraform"
    log = tmp_path / "terraform.log"
    script.write_text(_RECORDING.format(log=shlex.quote(str(log)), terraform=shlex.quote(terraform)))
    script.chmod(0o755)
    return script


def intervals(log: Path) -> dict[str, list[tuple[int, int]]]:
    """Return the begin and end of every terraform, by root, in order."""
    begun: dict[str, int] = {}
    found = defaultdict(list)
    for line in log.read_text().splitlines():
        time, what, pid, folder = line.split(maxsplit=3)
        if what == "begin":
            begun[pid] = int(time)
        else:
            found[Path(folder).name].append((begun.pop(pid), int(time)))
    assert not begun, "a terraform never ended"
    return {root: sorted(times) for root, times in found.items()}


def finish(runs: list[Run]) -> None:
    """Wait for all runs, and check that each ends with 0."""
    codes = [run.wait(3600) for run in runs]
    assert set(codes) == {0}, "\n".join(run.said[-2000:] for run, code in zip(runs, codes, strict=True) if code)


def test_many_runs_of_one_shoot_take_turns(provision: Provision, recording: Path) -> None:
    """Each run asks for another size of a pool, so that every run has something to change."""
    for number in range(ROUNDS):
        maxima = range(6 + number * PROCESSES, 6 + (number + 1) * PROCESSES)
        files = [provision.write(f"maximum-{maximum}.yaml", with_maximum(maximum)) for maximum in maxima]
        finish([start(provision, file.stem, "apply", file, "--terraform", recording) for file in files])
        assert provision.counts() == EXPECTED

    terraforms = intervals(provision.folder / "terraform.log")
    assert len(terraforms["worker"]) == PROCESSES * ROUNDS
    for times in terraforms.values():
        assert all(end <= begin for (_, end), (begin, _) in itertools.pairwise(times))

    with open_bucket(provision) as store:
        for root in ROOTS:
            log = StateLog(store, ENTRY, root)
            assert_nothing_is_lost(log)
            chain = read_chain(store, log)
            assert {event.event for event in chain} <= {"acquire", "renew", "release"}
            assert {event.outcome for event in chain if event.event == "release"} == {"clean"}
        assert len({version.metadata["run"] for version in read_versions(log)}) == PROCESSES * ROUNDS


@LONG
def test_runs_of_many_shoots_do_not_disturb_each_other(provision: Provision) -> None:
    for quota in ("vpc", "eip", "scaling_group"):
        provision.ok("sandbox", "quota", "set", quota, "1000")
    files = [write_shoot(provision, number) for number in range(1, SHOOTS + 1)]
    finish([start(provision, file.stem, "apply", file) for file in files])
    assert provision.counts() == {kind: count * SHOOTS for kind, count in EXPECTED.items()}
    with open_bucket(provision) as store:
        for number in range(1, SHOOTS + 1):
            for root in ROOTS:
                log = StateLog(store, f"shoot--demo--canary{number}--{uid(number)}", root)
                assert_nothing_is_lost(log)
                assert len({event.run for event in read_chain(store, log)}) == 1

"""Folders that all may write to, as a Kubernetes emptyDir is: work, cache and sandbox are in our own inside them."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest

from tests.e2e.conftest import EXAMPLE, Provision
from tests.e2e.test_interruption import read_until, start
from tests.e2e.test_main_job import EXPECTED
from tests.e2e.test_recovery import wait_until_over
from tests.spreads import spread

INNER = f"provision-{os.geteuid()}"
VARIABLES = ("PROVISION_WORK_DIR", "PROVISION_CACHE_DIR", "PROVISION_SANDBOX_DIR")


@pytest.fixture
def shared(provision: Provision, tmp_path: Path) -> list[Path]:
    """Return the three folders of the command, open to everybody."""
    folders = [tmp_path / f"shared-{name}" for name in ("work", "cache", "sandbox")]
    for folder in folders:
        folder.mkdir()
        folder.chmod(0o777)
    provision.environment = dict(zip(VARIABLES, map(str, folders), strict=True))
    return folders


def test_a_run_works_in_folders_of_its_own(provision: Provision, shared: list[Path]) -> None:
    provision.ok("apply", EXAMPLE)
    inside = [[(path.name, path.stat().st_mode & 0o777) for path in folder.iterdir()] for folder in shared]
    assert inside == [[(INNER, 0o700)]] * 3
    assert provision("plan", EXAMPLE).code == 0
    assert provision.counts() == EXPECTED


@pytest.mark.parametrize("number", range(len(VARIABLES)), ids=VARIABLES)
def test_a_link_in_the_place_of_one_is_refused(
    provision: Provision, shared: list[Path], tmp_path: Path, number: int
) -> None:
    target = tmp_path / "target"
    target.mkdir(mode=0o700)
    (shared[number] / INNER).symlink_to(target)
    done = provision("apply", EXAMPLE)
    expected = f"error: {shared[number] / INNER} is a link or a file, not a folder; it has to be a folder that"
    assert (done.code, done.err.startswith(expected)) == (1, True), done.err
    assert list(target.iterdir()) == []


@pytest.mark.parametrize("mode", spread([0o777, 0o700], 1), ids=oct)
def test_what_a_killed_run_has_left_is_found_there(provision: Provision, shared: list[Path], mode: int) -> None:
    """In a folder that is ours alone it lies in the folder itself, as it always has."""
    work = shared[0]
    work.chmod(mode)
    place = work if mode == 0o700 else work / INNER
    with start(provision, "apply", EXAMPLE) as run:
        read_until(run.stdout, "created")
        run.kill()
    wait_until_over(place)
    # At once: the lease is a killed run's, which its folder proves.
    provision.ok("apply", EXAMPLE)
    assert [path for path in place.iterdir() if path.is_dir()] == []
    assert provision.counts() == EXPECTED


SWAPPING = """#!{python}
import os, sys
from pathlib import Path

ours = Path({ours!r})
if sys.argv[1:2] == ["init"] and not ours.is_symlink():
    ours.rename(ours.with_name("aside"))
    ours.symlink_to({theirs!r})
os.execv({terraform!r}, [{terraform!r}, *sys.argv[1:]])
"""


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="the system has no /proc")
def test_what_is_put_in_the_place_of_our_folder_meanwhile_gets_nothing(
    provision: Provision, shared: list[Path], tmp_path: Path
) -> None:
    """Without the sticky bit, others can rename what is ours."""
    terraform = shutil.which("terraform") or shutil.which("tofu")
    if terraform is None:
        pytest.skip("no terraform or tofu on PATH")
    theirs, engine = tmp_path / "theirs", tmp_path / "terraform"
    theirs.mkdir(mode=0o700)
    engine.write_text(
        SWAPPING.format(python=sys.executable, ours=str(shared[0] / INNER), theirs=str(theirs), terraform=terraform)
    )
    engine.chmod(0o700)
    provision.engine = str(engine)
    provision.ok("apply", EXAMPLE)
    assert (shared[0] / INNER).is_symlink()
    assert list(theirs.iterdir()) == list((shared[0] / "aside").iterdir()) == []
    assert provision.counts() == EXPECTED

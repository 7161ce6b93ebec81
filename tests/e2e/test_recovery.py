"""A run that was killed or whose terraform lost its state file, and the run that comes next."""

from __future__ import annotations

import fcntl
import json
import shutil
import signal
import sys
from pathlib import Path

import pytest

from tests.e2e.conftest import EXAMPLE, Provision
from tests.e2e.test_interruption import read_until, start
from tests.e2e.test_main_job import EXPECTED
from tests.spreads import LONG, spread

WRAPPER = """#!{python}
import os, subprocess, sys, time
from pathlib import Path

done, command = Path({done!r}), sys.argv[1:]
if command[:1] != ["apply"] or done.exists():
    os.execv({terraform!r}, [{terraform!r}, *command])
done.touch()
code = subprocess.call([{terraform!r}, *command])
{damage}
sys.exit(code)
"""
DAMAGES = {
    "truncated": "Path('terraform.tfstate').write_bytes(Path('terraform.tfstate').read_bytes()[:-200])",
    "emptied": "Path('terraform.tfstate').write_bytes(b'')",
    "deleted": "Path('terraform.tfstate').unlink()",
    "garbage": "Path('terraform.tfstate').write_bytes(os.urandom(5000))",
    "truncated and killed": "Path('terraform.tfstate').write_bytes(b'{'); os.kill(os.getpid(), 9)",
    "garbage with an error": "Path('terraform.tfstate').write_bytes(b'x' * 99); code = 1",
}


def wrap(provision: Provision, damage: str) -> Path:
    """Return a terraform whose first apply damages the state file in the end."""
    terraform = shutil.which("terraform") or shutil.which("tofu")
    if terraform is None:
        pytest.skip("no terraform or tofu on PATH")
    wrapper = provision.folder / "terraform"
    text = WRAPPER.format(
        python=sys.executable, terraform=terraform, done=str(provision.folder / "done"), damage=damage
    )
    wrapper.write_text(text)
    wrapper.chmod(0o700)
    return wrapper


def wait_until_over(work: Path) -> None:
    """Wait until all processes of a killed run are gone."""
    (alive,) = work.glob("*/alive")
    with alive.open("rb+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)


def kill_after(provision: Provision, text: str) -> None:
    """Kill an apply after it printed a line with this text, and wait until its terraform has ended, too."""
    with start(provision, "apply", EXAMPLE) as run:
        read_until(run.stdout, text)
        run.kill()
    wait_until_over(provision.folder / "work")


@pytest.mark.parametrize("damage", spread(list(DAMAGES.values()), 1), ids=DAMAGES)
def test_apply_survives_the_loss_of_its_state_file(provision, damage):
    """What the log does not list is found in the cloud, and recorded."""
    done = provision("apply", EXAMPLE, "--terraform", wrap(provision, damage))
    if done.code != 0:  # nothing was left to be found, so the failure stands
        provision.ok("apply", EXAMPLE)
    assert provision("plan", EXAMPLE).code == 0
    assert provision.counts() == EXPECTED


def test_run_after_a_killed_one_on_the_same_machine_does_not_wait(provision):
    """The lease lasts for another minute, but its holder is proven dead."""
    kill_after(provision, "created")
    done = provision.ok("apply", EXAMPLE)
    assert "ended without giving the infrastructure lease back" in done.out
    assert provision.counts() == EXPECTED


def test_run_beside_a_living_one_waits(provision):
    with start(provision, "apply", EXAMPLE) as run:
        read_until(run.stdout, "created")
        run.send_signal(signal.SIGSTOP)
        assert provision("apply", EXAMPLE).code == 4
        run.send_signal(signal.SIGCONT)
        run.communicate(timeout=60)
    assert run.returncode == 0


def test_run_whose_folder_is_gone_is_not_proven_dead(provision):
    kill_after(provision, "created")
    for folder in (provision.folder / "work").iterdir():
        shutil.rmtree(folder)
    assert provision("apply", EXAMPLE).code == 4


def test_state_that_a_killed_run_could_not_store_is_stored(provision):
    kill_after(provision, "created module.worker_pool")
    folder = next((provision.folder / "work").glob("*/worker"))
    journal = json.loads((folder / "journal.json").read_bytes())
    state = json.loads((folder / "terraform.tfstate").read_bytes())
    # As if terraform had written once more after the last append.
    (folder / "terraform.tfstate").write_text(json.dumps({**state, "serial": state["serial"] + 1}))
    done = provision.ok("apply", EXAMPLE)
    assert f"of the worker state, which run {journal['run']} could not store" in done.out
    assert provision.counts() == EXPECTED


@LONG
def test_state_that_the_log_went_past_is_kept_until_a_run_ends_clean(provision):
    kill_after(provision, "created module.worker_pool")
    folder = next((provision.folder / "work").glob("*/worker"))
    (folder / "terraform.tfstate").write_bytes(b"torn")
    done = provision.ok("apply", EXAMPLE)
    assert f"{folder}: run" in done.err
    assert "left a state of the worker that is not stored: the state is not complete JSON" in done.err
    assert not folder.exists()
    assert provision.counts() == EXPECTED


def test_working_copies_are_private(provision):
    kill_after(provision, "created")
    modes = {path.name: path.stat().st_mode & 0o777 for path in (provision.folder / "work").glob("*/*/journal.json")}
    assert modes == {"journal.json": 0o600}
    provision.ok("apply", EXAMPLE)


@LONG
def test_plan_after_a_killed_apply_says_that_something_may_be_missing_in_it(provision):
    kill_after(provision, "created")
    assert "did not end clean" in provision("plan", EXAMPLE).err
    provision.ok("apply", EXAMPLE)
    assert "did not end clean" not in provision.ok("plan", EXAMPLE).err


@LONG
def test_rollback_after_a_killed_apply_on_the_same_machine_does_not_wait(provision):
    kill_after(provision, "created module.worker_pool")
    provision.ok("state", "rollback", EXAMPLE, "--root", "infrastructure", "--to", "2", "--yes")
    provision.ok("apply", EXAMPLE)
    assert provision("plan", EXAMPLE).code == 0
    assert provision.counts() == EXPECTED


def test_destroy_after_a_killed_apply_leaves_nothing(provision):
    kill_after(provision, "created module.worker_pool")
    provision.ok("destroy", EXAMPLE)
    assert sum(provision.counts().values()) == 0

"""Questions on a terminal: which command asks what, and the effect of an answer that comes too late."""

from __future__ import annotations

import errno
import json
import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
import yaml

from tests.e2e.conftest import ENTRY, EXAMPLE, open_bucket
from tests.e2e.test_main_job import EXPECTED
from tests.spreads import LONG, spread

# `--sandbox` never asks, so this is the command without it, on a machine whose real cloud is the sandbox.
PROGRAM = """
import sys
from provisioner.cli import clouds, inputs, main
inputs.open_clouds = lambda arguments, settings, environ: clouds.SandboxClouds(settings.sandbox_root(), environ)
sys.exit(main(sys.argv[1:], is_own_process=True))
"""
DEADLINE_SECONDS = 60


class Terminal:
    """A command on a terminal of its own."""

    def __init__(self, provision, arguments: Sequence[object], **environment: str) -> None:
        self._master, slave = pty.openpty()
        self.text = ""
        self.process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, *map(str, arguments)],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env={**os.environ, **provision.variables, "TERM": "dumb", **environment},
            start_new_session=True,
        )
        os.close(slave)

    def read_until(self, text: str) -> None:
        """Read until the command has printed `text` after what was read before."""
        seen = len(self.text)
        end = time.monotonic() + DEADLINE_SECONDS
        while text not in self.text[seen:]:
            assert time.monotonic() < end, self.text
            assert self._read(), self.text

    def type(self, line: str) -> None:
        """Type a line."""
        os.write(self._master, f"{line}\n".encode())

    def hang_up(self) -> None:
        """Close the terminal, as a lost connection does."""
        os.close(self._master)
        self._master = -1

    def wait(self) -> int:
        """Read the rest and return the exit code."""
        while self._master >= 0 and self._read():
            pass
        return self.process.wait(DEADLINE_SECONDS)

    def close(self) -> None:
        """End the command if it still runs."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        if self._master >= 0:
            os.close(self._master)

    def _read(self) -> str:
        try:
            text = os.read(self._master, 65536).decode(errors="replace")
        except OSError as error:
            if error.errno != errno.EIO:  # how a terminal says that its last writer is gone
                raise
            return ""
        self.text += text
        return text


@pytest.fixture
def terminal(provision) -> Iterator:
    """Return a function that starts a command on a terminal."""
    started: list[Terminal] = []

    def start(*arguments: object, **environment: str) -> Terminal:
        started.append(Terminal(provision, arguments, **environment))
        return started[-1]

    yield start
    for one in started:
        one.close()


def test_everything_is_shown_and_asked_once(provision, terminal):
    run = terminal("apply", EXAMPLE)
    run.read_until("> ")
    assert "Worker: 10 to add" in run.text
    assert provision.counts() == {}
    run.type("yes")
    assert (run.wait(), run.text.count("> ")) == (0, 1)
    assert provision.counts() == EXPECTED


@pytest.mark.parametrize("answer", spread(["no", "y", ""], 1))
def test_any_other_answer_changes_nothing(provision, terminal, answer):
    run = terminal("apply", EXAMPLE)
    run.read_until("> ")
    run.type(answer)
    assert (run.wait(), "the operator did not agree; nothing was changed" in run.text) == (3, True)
    assert provision.counts() == {}


def test_run_without_consent_ends_clean(provision, terminal):
    """Else every run after it would look for what it may have left in the cloud."""
    run = terminal("apply", EXAMPLE)
    run.read_until("> ")
    run.type("no")
    run.wait()
    with open_bucket(provision) as store:
        newest = store.list(f"{ENTRY}/provisioner/infrastructure/lock/")[-1].key
        event = json.loads(store.get(newest).body)
    assert (event["event"], event["outcome"]) == ("release", "clean")


def test_signal_ends_a_question(provision, terminal):
    run = terminal("apply", EXAMPLE)
    run.read_until("> ")
    run.process.send_signal(signal.SIGINT)
    assert run.wait() == 130
    assert provision.counts() == {}


def test_destroy_wants_the_shoots_name(provision, terminal):
    provision.begin_applied(EXAMPLE)
    for answer, code in (("yes", 3), ("canary", 0)):
        run = terminal("destroy", EXAMPLE)
        run.read_until("> ")
        run.type(answer)
        assert run.wait() == code, run.text
    assert provision.counts() == {}


def test_without_a_terminal_the_operator_cannot_agree(provision):
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, "apply", EXAMPLE],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        env={**os.environ, **provision.variables},
        check=False,
    )
    assert (done.returncode, "run it with --yes" in done.stderr) == (3, True)
    assert provision.counts() == {}


def test_answer_after_the_lease_was_lost_changes_nothing(provision, terminal):
    """The machine sleeps while the question waits, and another run does the work meanwhile."""
    run = terminal("apply", EXAMPLE, PROVISION_LEASE_TTL="1")
    run.read_until("> ")
    run.process.send_signal(signal.SIGSTOP)
    provision.ok("apply", EXAMPLE, "--lock-timeout", "1m")
    run.process.send_signal(signal.SIGCONT)
    run.read_until("lease")
    run.type("yes")
    assert (run.wait(), "the lease is lost" in run.text) == (1, True)
    assert provision.counts() == EXPECTED
    provision.ok("apply", EXAMPLE)  # finds nothing in the working copy that the lost lease left behind, and removes it


@LONG
def test_terminal_that_hangs_up_does_not_cut_an_apply_short(provision, terminal):
    run = terminal("apply", EXAMPLE, "--yes", PROVISION_SANDBOX_LATENCY="cloud=30")
    run.read_until("created")
    run.hang_up()
    run.wait()
    assert provision("plan", EXAMPLE).code == 0


@pytest.mark.parametrize("kind", ["Infrastructure", pytest.param("Worker", marks=LONG)])
def test_one_object_alone_is_asked_about_too(provision, terminal, kind):
    """Neither the first apply of an object nor a change of it may happen because the other one is not in the input."""
    if kind == "Worker":
        provision.begin_applied(write_alone(provision, "Infrastructure"))
    before = provision.counts()
    run = terminal("apply", write_alone(provision, kind))
    run.read_until("> ")
    run.type("no")
    assert (run.wait(), provision.counts()) == (3, before)
    provision.ok("apply", write_alone(provision, kind))
    applied = provision.counts()
    run = terminal("apply", write_alone(provision, kind, is_changed=True))
    run.read_until("> ")
    run.type("no")
    assert (run.wait(), provision.counts()) == (3, applied)
    assert provision("plan", write_alone(provision, kind, is_changed=True)).code == 2


def write_alone(provision, kind: str, *, is_changed: bool = False) -> Path:
    """Write the example's Infrastructure or Worker as a seed has it, with the Cluster and what else it needs."""
    documents = [document for document in yaml.safe_load_all(EXAMPLE.read_text()) if document]
    shoot = next(document for document in documents if document["kind"] == "Shoot")
    profile = next(document for document in documents if document["kind"] == "CloudProfile")
    technical_id, provider = shoot["status"]["technicalID"], shoot["spec"]["provider"]
    spec = {"type": "alicloud", "region": shoot["spec"]["region"], "secretRef": {"name": "cloudprovider"}}
    if kind == "Infrastructure":
        spec["providerConfig"] = provider["infrastructureConfig"]
        if is_changed:
            shoot["spec"]["networking"]["pods"] = "192.168.0.0/18"
    else:
        worker = provider["workers"][0]
        spec["pools"] = [
            {
                "name": worker["name"],
                "machineType": worker["machine"]["type"],
                "machineImage": worker["machine"]["image"],
                "minimum": worker["minimum"],
                "maximum": worker["maximum"] + is_changed,
                "zones": worker["zones"],
                "volume": worker["volume"],
            }
        ]
    metadata = {"name": shoot["metadata"]["name"], "namespace": technical_id}
    group = "extensions.gardener.cloud/v1alpha1"
    cluster = {
        "apiVersion": group,
        "kind": "Cluster",
        "metadata": {"name": technical_id},
        "spec": {"shoot": shoot, "cloudProfile": profile},
    }
    alone = {"apiVersion": group, "kind": kind, "metadata": metadata, "spec": spec}
    kept = [document for document in documents if document["kind"] in ("Secret", "BackupBucket")]
    for document in kept:
        place = document["metadata"] if document["kind"] == "Secret" else document["spec"]["secretRef"]
        place["namespace"] = technical_id
    path = provision.folder / f"{kind}{is_changed}.yaml"
    path.write_text(yaml.safe_dump_all([alone, cluster, *kept]))
    return path

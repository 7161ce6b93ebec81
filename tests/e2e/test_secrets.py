"""Credentials and user data: where they may be, and nowhere else."""

from __future__ import annotations

import base64
import os
import re
import subprocess
import sys
import threading
from pathlib import Path

import psutil
import pytest
import yaml

from tests.e2e.conftest import EXAMPLE
from tests.e2e.other_user import other_user
from tests.e2e.variants import example

SECRET = "Zq7mTr4NfXw2Lk9vBs6Hd3Jp8Yc5Ga"
USER_DATA = "#cloud-config that must stay between us: 9f8e7d6c5b4a"


def _with_known_secrets(text: str) -> str:
    document = yaml.safe_load(text)
    if not isinstance(document, dict) or document.get("kind") != "Secret":
        return text
    keys = {**document.pop("data", {}), **document.get("stringData", {})}
    if "accessKeySecret" in keys:
        document["stringData"] = {"accessKeyID": "LTAIsearchfor000000000", "accessKeySecret": SECRET}
    elif "cloud_config" in keys:
        document["stringData"] = {"cloud_config": USER_DATA}
    else:
        return text
    return str(yaml.safe_dump(document))


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    """Return the example with a secret and user data that can be searched for."""
    changed = [_with_known_secrets(text) for text in EXAMPLE.read_text().split("\n---\n")]
    folder = tmp_path / "input"
    folder.mkdir()
    file = folder / "shoot.yaml"
    file.write_text("\n---\n".join(changed))
    return file


def needles(*texts: str) -> list[bytes]:
    """Return the texts as they are and in base64, whatever they are embedded in."""
    found = []
    for text in texts:
        found.append(text.encode())
        for shift in range(3):
            encoded = base64.b64encode(b"x" * shift + text.encode()).decode()
            found.append(encoded[4:-4].encode())
    return found


def files_with(folder: Path, searched: list[bytes]) -> list[str]:
    hits = []
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            content = path.read_bytes()
            if any(needle in content for needle in searched):
                hits.append(str(path.relative_to(folder)))
    return hits


class Watcher(threading.Thread):
    """Looks at every process's command line, and at the modes of working copies, while a command runs."""

    def __init__(self, work: Path, searched: list[bytes]) -> None:
        super().__init__(daemon=True)
        self.work = work
        self.searched = searched
        self.command_lines: list[str] = []
        self.open_paths: list[str] = []
        self.saw_user_data = False
        self.looks = 0
        self.done = threading.Event()

    def run(self) -> None:
        while not self.done.wait(0.005):
            self.looks += 1
            for process in psutil.process_iter():
                try:
                    line = "\0".join(process.cmdline()).encode()
                except psutil.Error:
                    continue
                if any(needle in line for needle in self.searched):
                    self.command_lines.append(line.decode(errors="replace"))
            for root, folders, _ in os.walk(self.work):
                for name in folders:
                    path = Path(root, name)
                    try:
                        if path.parent == self.work and path.stat().st_mode & 0o077:
                            self.open_paths.append(str(path))
                    except OSError:
                        continue
            self.saw_user_data = self.saw_user_data or bool(list(self.work.glob("*/worker/secrets.auto.tfvars.json")))


def test_secret_is_nowhere_and_user_data_only_where_it_belongs(manifest, tmp_path):
    work, sandbox = tmp_path / "work", tmp_path / "sandbox"
    work.mkdir(mode=0o700)
    environment = {
        **os.environ,
        "PROVISION_WORK_DIR": str(work),
        "PROVISION_SANDBOX_DIR": str(sandbox),
        "PROVISION_CACHE_DIR": str(tmp_path / "cache"),
        "TMPDIR": str(tmp_path / "tmp"),
        "HOME": str(tmp_path / "home"),
        "XDG_STATE_HOME": str(tmp_path / "home"),
    }
    (tmp_path / "tmp").mkdir()
    (tmp_path / "home").mkdir()
    watcher = Watcher(work, needles(SECRET, USER_DATA))
    watcher.start()
    printed = b""
    out = tmp_path / "out"
    changed = manifest.with_name("changed.yaml")
    changed.write_text(re.sub(r"maximum: \d+", "maximum: 9", manifest.read_text(), count=1))
    assert changed.read_text() != manifest.read_text()
    commands = (
        ["validate", str(manifest)],
        ["render", str(manifest), "--out", str(out), "--sandbox"],
        ["plan", str(manifest), "--sandbox", "-o", "json"],
        # Something fails on the way, is looked for, and is tried again.
        ["sandbox", "fault", "add", "CreateScalingConfiguration", "--kind", "throttling", "--times", "12"],
        ["apply", str(manifest), "--sandbox"],
        # How many versions one run stores is a matter of time; this one stores another.
        ["apply", str(changed), "--sandbox", "-o", "json"],
        ["status", str(manifest), "--sandbox"],
        ["state", "list", str(manifest), "--sandbox"],
        ["state", "show", str(manifest), "--sandbox"],
        ["state", "history", str(manifest), "--sandbox"],
        ["state", "pull", str(manifest), "--sandbox", "--root", "worker"],
        ["state", "diff", str(manifest), "1", "2", "--sandbox", "--root", "worker", "-o", "json"],
        ["state", "rollback", str(manifest), "--sandbox", "--root", "worker", "--to", "1", "--yes"],
        ["adopt", str(manifest), "--sandbox"],
        ["adopt", str(manifest), "--sandbox", "--yes", "-o", "json"],
        ["destroy", str(manifest), "--sandbox"],
    )
    for command in commands:
        done = subprocess.run(
            [sys.executable, "-m", "provisioner", *command, "--log-level", "debug"],
            capture_output=True,
            env=environment,
            check=False,
        )
        assert done.returncode in (0, 2), done.stderr.decode()
        printed += done.stdout + done.stderr
    watcher.done.set()
    watcher.join()

    assert not any(needle in printed for needle in needles(SECRET, USER_DATA))
    assert (watcher.command_lines, watcher.open_paths) == ([], [])
    assert watcher.saw_user_data, "the watcher never saw a working copy, so it proves nothing"
    given = ["input/changed.yaml", "input/shoot.yaml"]
    assert files_with(tmp_path, needles(SECRET)) == given
    # The state log is in the simulated bucket; the simulated cloud holds user data where the real one would.
    assert set(files_with(tmp_path, needles(USER_DATA))) - {*given} <= {
        "sandbox/oss.db",
        "sandbox/oss.db-wal",
    }
    assert list(work.iterdir()) == []


@pytest.mark.parametrize("debug", ["sdk", "SDK,terraform"])
def test_debugging_of_the_sdks_prints_no_access_key_and_is_said_to_be_off(manifest, provision, debug):
    provision.environment = {"DEBUG": debug}
    for command in ("apply", "plan", "status", "destroy"):
        done = provision(command, manifest, "--log-level", "debug", *(["--yes"] if command == "destroy" else []))
        printed = (done.out + done.err).encode()
        assert not any(needle in printed for needle in needles("LTAIsearchfor000000000", SECRET))
        assert done.err.count("warning: environment: DEBUG: DEBUG=sdk is not passed on") == 1


def test_debugging_of_other_programs_is_none_of_ours(manifest, provision):
    provision.environment = {"DEBUG": "1"}
    assert "DEBUG" not in provision("validate", manifest).err


def test_debugging_of_the_sdks_reaches_no_sdk(manifest, tmp_path):
    """What a program of its own would import: the SDK that oss2 brings asks the environment at each request."""
    code = (
        "import os, sys; from provisioner.cli import main\n"
        f"main(['validate', {str(manifest)!r}], is_own_process=True); print('DEBUG' in os.environ)"
    )
    environment = {**os.environ, "DEBUG": "sdk"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True)
    assert done.stdout.split()[-1] == "False"


def test_rendered_user_data_is_left_out_unless_asked_for(manifest, tmp_path, provision):
    provision.ok("render", manifest, "--out", tmp_path / "without", "--with-secrets")
    provision.ok("render", manifest, "--out", tmp_path / "without")
    provision.ok("render", manifest, "--out", tmp_path / "with", "--with-secrets")
    assert files_with(tmp_path / "without", needles(USER_DATA)) == []
    assert files_with(tmp_path / "with", needles(USER_DATA)) == ["worker/secrets.auto.tfvars.json"]


def test_rendered_files_are_readable_by_their_owner_alone(manifest, tmp_path, provision):
    out = tmp_path / "out"
    provision.ok("render", manifest, "--out", out, "--with-secrets")
    assert {oct(path.stat().st_mode & 0o077) for path in out.rglob("*")} == {"0o0"}


@pytest.mark.parametrize("link", ["worker", "worker/secrets.auto.tfvars.json", "modules", "infrastructure/main.tf"])
def test_rendered_files_go_through_no_link_inside_the_folder(manifest, tmp_path, provision, link):
    outside, out = tmp_path / "outside", tmp_path / "out"
    outside.mkdir()
    (out / link).parent.mkdir(parents=True)
    (out / link).symlink_to(outside / "file" if "." in link else outside)
    done = provision("render", manifest, "--out", out, "--with-secrets")
    assert (done.code, f"{out / link} is a symbolic link; nothing was written; remove it" in done.err) == (1, True)
    assert [path for path in out.rglob("*") if path.is_file()] == list(outside.iterdir()) == []


def test_of_several_shoots_none_is_rendered_through_a_link(manifest, tmp_path, provision):
    documents = [document for document in yaml.safe_load_all(manifest.read_text()) if document["kind"] == "Shoot"]
    documents[0]["metadata"] |= {"name": "zz", "uid": "0-1"}
    documents[0]["status"] = {"technicalID": "shoot--demo--zz"}
    second, out = tmp_path / "second.yaml", tmp_path / "out"
    second.write_text(yaml.safe_dump(documents[0]))
    provision.ok("render", manifest, second, "--out", tmp_path / "plain")
    assert len(list((tmp_path / "plain").iterdir())) == 2
    out.mkdir()
    (out / "shoot--demo--zz").symlink_to(tmp_path)
    done = provision("render", manifest, second, "--out", out)
    assert (done.code, "shoot--demo--zz is a symbolic link" in done.err) == (1, True)
    assert [path.name for path in out.iterdir()] == ["shoot--demo--zz"]


def test_state_shows_sensitive_values_only_when_asked(manifest, provision):
    provision.begin_applied(manifest)
    encoded = base64.b64encode(USER_DATA.encode()).decode()
    assert encoded not in provision.ok("state", "show", manifest).out
    assert encoded in provision.ok("state", "show", manifest, "--reveal").out


def test_a_security_token_is_in_the_manifest_alone(manifest, tmp_path, provision):
    with other_user(provision) as other:
        session = other.a_session()
    documents = example()
    documents["cloudprovider"]["stringData"] = session
    manifest.write_text(yaml.safe_dump_all(documents.values()))
    provision.ok("sandbox", "fault", "add", "CreateScalingConfiguration", "--kind", "throttling", "--times", "12")
    commands = (("plan",), ("apply", "-o", "json"), ("status",), ("adopt",), ("destroy", "--yes"))
    done = [provision(command, manifest, *options, "--log-level", "debug") for command, *options in commands]
    assert [one.code for one in done] == [2, 0, 0, 0, 0]
    refused = provision("plan", manifest, "--log-level", "debug", PROVISION_SANDBOX_DIR=str(tmp_path / "another"))
    assert refused.code == 5
    searched = needles(session["securityToken"], session["accessKeySecret"])
    printed = "".join(one.out + one.err for one in (*done, refused)).encode()
    assert not any(needle in printed for needle in searched)
    assert files_with(tmp_path, searched) == ["input/shoot.yaml"]


def test_wrong_secret_is_refused_with_gardeners_code(manifest, provision):
    provision.begin_applied(manifest)
    manifest.write_text(manifest.read_text().replace(SECRET, SECRET[::-1]))
    refused = provision("plan", manifest)
    assert refused.code == 5
    assert "ERR_INFRA_UNAUTHORIZED" in refused.err
    assert SECRET[::-1] not in refused.err

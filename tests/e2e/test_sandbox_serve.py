"""`provision sandbox serve`: the sandbox for programs that are not `provision`."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys

from tests.e2e.conftest import EXAMPLE


def test_terraform_by_hand_applies_what_render_wrote(provision, engine, tmp_path):
    provision.ok("render", EXAMPLE, "--out", tmp_path / "out")
    folder = tmp_path / "out" / "infrastructure"
    command = [engine] if engine != "bundled" else None
    if command is None:
        from provisioner.runner import find_engine

        command = list(find_engine("bundled", os.environ, tmp_path).command)
    server = subprocess.Popen(
        [sys.executable, "-m", "provisioner", "sandbox", "serve", "-o", "json"],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, **provision.variables},
    )
    try:
        printed = ""
        while not printed.endswith("\n}\n"):
            line = server.stdout.readline()
            assert line, "the server ended"
            printed += line
        environment = {**os.environ, **json.loads(printed)["environment"], "TF_CLI_CONFIG_FILE": os.devnull}
        for arguments in (["init"], ["plan", "-out=plan"], ["apply", "plan"], ["destroy", "-auto-approve"]):
            done = subprocess.run(
                [*command, arguments[0], "-input=false", *arguments[1:]],
                cwd=folder,
                env=environment,
                capture_output=True,
                text=True,
                check=False,
            )
            assert done.returncode == 0, done.stdout + done.stderr
    finally:
        server.send_signal(signal.SIGTERM)
        server.communicate(timeout=20)
    assert server.returncode == 0
    assert provision.counts() == {}


def test_sandbox_can_be_forgotten(provision):
    provision.ok("apply", EXAMPLE)
    provision.ok("sandbox", "reset")
    assert provision.counts() == {}
    assert "there is no state" in provision("destroy", EXAMPLE).err


def test_custom_image_can_be_made_known(provision):
    text = EXAMPLE.read_text()
    known = "m-gw8zh0gqr3b3gjb7l7q3"
    assert known in text
    file = provision.folder / "custom.yaml"
    file.write_text(text.replace(known, "m-my-own-image"))
    assert "InvalidImageId.NotFound" in provision("apply", file).err
    provision.ok("sandbox", "add-image", "m-my-own-image", "--region", "eu-central-1")
    provision.ok("apply", file)
    assert provision("plan", file).code == 0

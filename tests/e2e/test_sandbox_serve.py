"""`provision sandbox serve`: the sandbox for programs that are not `provision`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
import yaml

from provisioner.runner import find_engine
from tests.e2e.conftest import EXAMPLE
from tests.e2e.served import pasted, section, serve
from tests.e2e.test_real_provider import REAL_PROVIDER, needs_real_provider
from tests.spreads import LONG

VPC = """
terraform {
  required_providers {
    alicloud = { source = "aliyun/alicloud" }
  }
}

resource "alicloud_vpc" "this" {
  vpc_name   = "by-hand"
  cidr_block = "10.0.0.0/16"
}
"""
REAL_VPC = """
# A rule is changed over HTTPS whatever the provider is told, and STS is found through the provider block alone.
resource "alicloud_security_group" "this" {
  vpc_id = alicloud_vpc.this.id
}

resource "alicloud_security_group_rule" "this" {
  security_group_id = alicloud_security_group.this.id
  type              = "ingress"
  ip_protocol       = "tcp"
  port_range        = "443/443"
  cidr_ip           = "10.0.0.0/8"
  description       = var.description
}

data "alicloud_caller_identity" "this" {}

variable "description" {
  type    = string
  default = "first"
}

output "account" {
  value = data.alicloud_caller_identity.this.account_id
}
"""


@pytest.fixture
def terraform(engine, tmp_path):
    """Return a function that runs a terraform command which has to succeed, and gives what it printed."""
    command = find_engine(engine, os.environ, tmp_path / "cache").command

    def run(arguments: Sequence[str], folder: Path, environment: dict[str, str]) -> str:
        done = subprocess.run(
            [*command, *arguments],
            cwd=folder,
            env={"TF_CLI_CONFIG_FILE": os.devnull, "CHECKPOINT_DISABLE": "1", "TF_IN_AUTOMATION": "1", **environment},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return run


def root(folder: Path, *texts: str) -> Path:
    """Write a root module and return its folder."""
    folder.mkdir()
    (folder / "main.tf").write_text("\n".join(texts))
    return folder


def test_terraform_by_hand_applies_what_render_wrote(provision, terraform, tmp_path):
    provision.ok("render", EXAMPLE, "--out", tmp_path / "out")
    with serve(provision, output="json") as printed:
        environment = {**os.environ, **json.loads(printed)["environment"]}
        for arguments in (["init"], ["plan", "-out=plan"], ["apply", "plan"], ["destroy", "-auto-approve"]):
            command = [arguments[0], "-input=false", *arguments[1:]]
            terraform(command, tmp_path / "out" / "infrastructure", environment)
    assert provision.counts() == {}


def test_terraform_uses_the_embedded_provider_in_the_pasted_environment(provision, terraform, tmp_path):
    folder = root(tmp_path / "root", VPC)
    with serve(provision) as printed:
        environment = pasted(section(printed, "shell: environment"), tmp_path)
        terraform(["init"], folder, environment)
        terraform(["apply", "-auto-approve"], folder, environment)
    assert provision.counts()["vpc"] == 1


@needs_real_provider
@pytest.mark.timeout(600)
@pytest.mark.parametrize("engine", ["bundled"], indirect=True)
def test_real_provider_works_with_the_printed_block(provision, terraform, tmp_path):
    (tmp_path / "terraform-provider-alicloud").symlink_to(str(REAL_PROVIDER))
    (tmp_path / "terraform.rc").write_text(
        f'provider_installation {{\n  dev_overrides {{\n    "aliyun/alicloud" = "{tmp_path}"\n  }}\n}}\n'
    )
    with serve(provision) as printed:
        folder = root(tmp_path / "root", section(printed, "terraform: the unmodified"), VPC, REAL_VPC)
        environment = pasted(section(printed, "shell: environment"), tmp_path)
        del environment["TF_REATTACH_PROVIDERS"]
        environment["TF_CLI_CONFIG_FILE"] = str(tmp_path / "terraform.rc")
        terraform(["apply", "-auto-approve"], folder, environment)
        terraform(["apply", "-auto-approve", "-var=description=second"], folder, environment)
        assert provision.counts()["vpc"] == 1
        terraform(["destroy", "-auto-approve"], folder, environment)
    assert provision.counts() == {}


@pytest.mark.parametrize(
    ("heading", "package", "answer"),
    [
        ("python: the current SDKs", "alibabacloud_vpc20160428", "0 VPCs\n"),
        ("python: oss2", "oss2", "0 objects\n"),
    ],
)
def test_printed_python_runs_as_it_stands(provision, heading, package, answer):
    pytest.importorskip(package, reason=f"{package} is not installed: pip install 'provisioner[test]'")
    with serve(provision) as printed:
        done = subprocess.run(
            [sys.executable, "-c", section(printed, heading)], capture_output=True, text=True, check=False
        )
    assert (done.returncode, done.stdout) == (0, answer), done.stderr


def test_relative_folder_is_printed_as_an_absolute_one(provision, tmp_path):
    with serve(provision, "--sandbox-dir", "relative", output="yaml", cwd=tmp_path) as printed:
        document = yaml.safe_load(printed)
        ca = str(tmp_path / "relative" / "tls" / "ca.pem")
        assert Path(ca).is_file()
    environment = document["environment"]
    found = (document["folder"], document["tls"]["ca"], environment["SSL_CERT_FILE"])
    assert found == (str(tmp_path / "relative"), ca, ca)


def test_sandbox_can_be_forgotten(provision):
    provision.begin_applied(EXAMPLE)
    provision.ok("sandbox", "reset")
    assert provision.counts() == {}
    assert "there is no state" in provision("destroy", EXAMPLE).err


@LONG
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

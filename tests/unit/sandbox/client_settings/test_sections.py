"""What `provision sandbox serve` prints is text to paste: each section is right in its own language."""

from __future__ import annotations

import ast
import os
import re
import subprocess
from pathlib import Path

import hcl2
import pytest
import yaml

from provisioner.api.text import is_printable
from provisioner.reports.documents import to_yaml
from provisioner.sandbox.sandbox import PRODUCTS, ClientSettings, render_sections

UNQUOTED = hcl2.SerializationOptions(strip_string_quotes=True, explicit_blocks=False)
FOLDER = Path("""/srv/it's $HOME "here" `id` ${x} %{y} \\ umläut""" + "\nexport A=b\x1b[2J\u202e")


def settings(no_proxy: str = "") -> ClientSettings:
    """Return settings that need quoting in every language."""
    return ClientSettings(
        id="sandbox-0123456789ab",
        folder=FOLDER,
        openapi_url="http://127.0.0.1:1001",
        oss_url="http://127.0.0.1:1002",
        ca_path=FOLDER / "ca.pem",
        products=PRODUCTS,
        access_key_id="key'id",
        access_key_secret='secret "$HOME" ${x}',
        bucket="a-bucket",
        reattach={"TF_REATTACH_PROVIDERS": '{"address": {"String": "/tmp/it\'s"}}'},
        no_proxy=no_proxy,
    )


SECTIONS = re.split(r"^# === (.+) ===\n", render_sections(settings(), is_printable), flags=re.MULTILINE)
TEXTS = dict(zip(SECTIONS[1::2], SECTIONS[2::2], strict=True))


def section(heading: str) -> str:
    """Return the one section whose heading begins like this."""
    (text,) = (text for name, text in TEXTS.items() if name.startswith(heading))
    return text


def run_bash(script: str, *arguments: str) -> str:
    """Return what a shell prints that has nothing but PATH in its environment."""
    return subprocess.run(
        ["bash", "-euc", script, "bash", *arguments],
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=True,
    ).stdout


def assignments(lines: str) -> dict[str, str]:
    """Return the environment after the lines were pasted, without what the shell itself sets."""
    printed = run_bash('eval "$1"; env -0', lines)
    found = dict(entry.split("=", 1) for entry in printed.split("\0") if entry)
    return {name: value for name, value in found.items() if name not in ("PATH", "PWD", "SHLVL", "_")}


def test_sections_are_lines_that_a_terminal_shows():
    assert all(is_printable(line) for line in render_sections(settings(), is_printable).split("\n"))


def test_nothing_is_printed_before_the_first_heading():
    assert SECTIONS[0] == ""


def test_environment_pasted_into_a_shell_is_the_documents():
    assert assignments(section("shell: environment")) == settings().document["environment"]


@pytest.mark.parametrize("name", settings().environment)
def test_each_line_alone_sets_its_variable(name):
    (line,) = (line for line in section("shell: environment").splitlines() if line.startswith(f"export {name}="))
    assert assignments(line) == {name: settings().environment[name]}


def test_without_the_embedded_provider_everything_else_stays():
    text = section("shell: environment")
    lines = [line for line in text.splitlines() if not line.startswith("export TF_REATTACH_PROVIDERS=")]
    expected = {name: value for name, value in settings().environment.items() if name != "TF_REATTACH_PROVIDERS"}
    assert assignments("\n".join(lines)) == expected


def test_provider_block_is_the_documents():
    (block,) = hcl2.loads(section("terraform: the unmodified"), serialization_options=UNQUOTED)["provider"]
    provider = settings().provider
    # The parser leaves the escape of a template as it is; terraform does not.
    assert block["alicloud"] == {
        **provider,
        "secret_key": provider["secret_key"].replace("${", "$${"),
        "endpoints": [provider["endpoints"]],
    }


def test_backend_block_is_the_documents():
    (block,) = hcl2.loads(section("terraform: its own states"), serialization_options=UNQUOTED)["terraform"]
    backend = settings().backend
    assert block["backend"] == [{"oss": {**backend, "secret_key": backend["secret_key"].replace("${", "$${")}}]


def test_provider_asks_the_sandbox_for_every_product():
    assert settings().provider["endpoints"] == {
        **dict.fromkeys(PRODUCTS, "127.0.0.1:1001"),
        "oss": "http://127.0.0.1:1002",
    }


@pytest.mark.parametrize("heading", ["python: the current SDKs", "python: oss2"])
def test_python_names_the_settings_as_they_are(heading):
    literals = {node.value for node in ast.walk(ast.parse(section(heading))) if isinstance(node, ast.Constant)}
    assert {"key'id", 'secret "$HOME" ${x}'} <= literals


def test_python_trusts_the_sandboxs_authority():
    tree = ast.parse(section("python: the current SDKs"))
    keywords = {node.arg: node.value for node in ast.walk(tree) if isinstance(node, ast.keyword)}
    assert ast.literal_eval(keywords["ca"]) == str(FOLDER / "ca.pem")


def test_aliyun_is_called_with_what_stands_there():
    printed = run_bash('aliyun() { printf "%s\\0" "$@"; printf "\\n"; }; eval "$1"', section("shell: the aliyun CLI"))
    calls = [line.split("\0")[:-1] for line in printed.splitlines()]
    key = ["--access-key-id", "key'id", "--access-key-secret", 'secret "$HOME" ${x}', "--region", "eu-central-1"]
    profile = ["--profile", "provision-sandbox"]
    assert calls == [
        ["configure", "set", *profile, "--mode", "AK", *key],
        ["vpc", "DescribeVpcs", *profile, "--endpoint", "127.0.0.1:1001", "--insecure"],
        ["oss", "ls", "oss://a-bucket", *profile, "--endpoint", "http://127.0.0.1:1002"],
    ]


@pytest.mark.parametrize(
    ("already", "expected"),
    [
        ("", "127.0.0.1,localhost"),
        ("intranet,10.0.0.0/8", "intranet,10.0.0.0/8,127.0.0.1,localhost"),
        ("127.0.0.1,localhost", "127.0.0.1,localhost"),
    ],
)
def test_hosts_that_need_no_proxy_already_stay(already, expected):
    environment = settings(already).environment
    assert (environment["NO_PROXY"], environment["no_proxy"]) == (expected, expected)


def test_document_says_where_tls_is_spoken():
    assert settings().document["tls"] == {
        "openapi": "https://127.0.0.1:1001",
        "oss": "https://127.0.0.1:1002",
        "ca": str(FOLDER / "ca.pem"),
    }


def test_document_survives_yaml():
    assert yaml.safe_load(to_yaml(settings().document)) == settings().document

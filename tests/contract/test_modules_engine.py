"""
The Terraform modules and roots, run by a real engine without a cloud: format, literal strings, the rules for inputs.
"""

from __future__ import annotations

import base64
import copy
import json
import os
import shutil
import subprocess
import unicodedata
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from provisioner.ids import ROOTS, Root
from provisioner.render import ProviderSettings, module_files, render_root
from provisioner.runner.engine import Engine

REPO = Path(__file__).parents[2]
MODULES = ("infrastructure", "worker-pool")
PROVIDER = ProviderSettings("eu-central-1", account_type="Domestic")
VARIABLES: dict[Root, dict[str, Any]] = {
    root: json.loads((Path(__file__).parent / "data" / f"{root}.json").read_text()) for root in ROOTS
}
INFRASTRUCTURE, WORKER = VARIABLES["infrastructure"], VARIABLES["worker"]


def run(engine: Engine, directory: Path, *arguments: str, environ: Mapping[str, str] | None = None, **more: Any) -> str:
    """Run terraform without anything from the environment but what is given, and return what it prints."""
    environment = {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(directory),
        "TF_CLI_CONFIG_FILE": os.devnull,
        "CHECKPOINT_DISABLE": "1",
        **(environ or {}),
    }
    done = subprocess.run(
        [*engine.command, *arguments],
        cwd=directory,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        **more,
    )
    return done.stdout + done.stderr


def write(directory: Path, files: Mapping[str, bytes]) -> Path:
    """Write files below a directory and return it."""
    for name, body in files.items():
        (directory / name).parent.mkdir(parents=True, exist_ok=True)
        (directory / name).write_bytes(body)
    return directory


def rendered_tree(directory: Path) -> Path:
    """Write what `provision render` writes: the modules, and each root with its values."""
    write(directory, module_files())
    for root in ROOTS:
        user_data = {"cpu": base64.b64encode(b"#!/bin/sh").decode()} if root == "worker" else None
        write(directory / root, render_root(root, VARIABLES[root], PROVIDER, user_data))
    write(directory / "destroy", render_root("destroy", {}, PROVIDER))
    return directory


def test_modules_and_roots_are_formatted(engine: Engine, tmp_path: Path) -> None:
    assert run(engine, rendered_tree(tmp_path), "fmt", "-check", "-recursive", "-diff") == ""


HOSTILE = [
    '"} resource "null_resource" "x" {',
    '${file("/etc/passwd")}',
    "%{ if true }yes%{ endif }",
    "$${doubled} %%{doubled}",
    "{{ 7 * 7 }}{% raw %}",
    "two\nlines\r\nand\ttabs\x1b[31m",
    "back\\slash \\u0041 \\n",
    "<<EOT\nheredoc\nEOT",
    "Zürich 東京 \U0001f680 e\u0301 \u2028",
    "'; rm -rf / #`id`$(id)",
]


def test_terraform_takes_every_string_of_a_variables_file_literally(engine: Engine, tmp_path: Path) -> None:
    """Keys as well as values; only the variables are there, so no provider is needed."""
    variables = copy.deepcopy(INFRASTRUCTURE)
    variables["tags"] = {text: text for text in HOSTILE}
    variables["zones"] = {
        text: dict.fromkeys(INFRASTRUCTURE["zones"]["eu-central-1a"], text)
        | {"eip": {"id": text, "ip_address": text}, "ipv6_block": number}
        for number, text in enumerate(HOSTILE)
    }
    variables["vpc"] = dict(zip(("id", "name", "cidr", "name_tag"), HOSTILE[:4], strict=True))
    files = render_root("infrastructure", variables, PROVIDER)
    write(tmp_path, {name: body for name, body in files.items() if name in {"variables.tf", "terraform.tfvars.json"}})
    for name in ("tags", "zones", "vpc"):
        printed = run(engine, tmp_path, "console", input=f"base64encode(jsonencode(var.{name}))\n")
        seen = json.loads(base64.b64decode(json.loads(printed)))
        # Terraform's strings are in Unicode's normal form C.
        assert seen == json.loads(unicodedata.normalize("NFC", json.dumps(variables[name], ensure_ascii=False)))


Case = tuple[str, Any, str]
NAME_RULE = "must have 2 to 128 letters, digits, '.', '_' and '-', and start with a letter."


def with_field(value: Any, *path_and_new: Any) -> Any:
    """Return a copy of a value in which what the path leads to is replaced by the last argument."""
    *path, last, new = path_and_new
    copied = copy.deepcopy(value)
    inner = copied
    for step in path:
        inner = inner[step]
    inner[last] = new
    return copied


def infrastructure_cases() -> Iterator[Case]:
    """Yield bad values of the infrastructure module's variables with the rule they break."""
    i = INFRASTRUCTURE
    yield "cluster_name", "Shoot_Foo", "cluster_name must be a DNS label"
    yield "cluster_name", "a" * 64, "cluster_name must be a DNS label"
    yield "cluster_name", None, "required variable"
    yield "region", "EU Central", "region must be an Alibaba Cloud region id"
    yield "region", "eu-central-1\n", "region must be an Alibaba Cloud region id"
    yield "tags", {str(n): "" for n in range(19)}, "give at most 18"
    yield "tags", {"": "x"}, "A tag key has 1 to 128 characters"
    yield "tags", {"x": "x" * 129}, "a tag value at most 128"
    yield "tags", {"ACS:x": "x"}, "must not start with aliyun or acs:"
    yield "tags", {"see https://x": "x"}, "must not contain http://"
    for text in ("provisioner/owner=x", "a", "a b", "1a", "a" * 257):
        yield "owner_description", text, "must have 3 to 256 letters, digits, '_' and '-', and start with a letter"
    yield "vpc", with_field(i["vpc"], "name", "1vpc"), f"vpc.name {NAME_RULE}"
    yield "vpc", with_field(i["vpc"], "name", 'x"${y}'), f"vpc.name {NAME_RULE}"
    yield "vpc", with_field(i["vpc"], "cidr", "10.250.0.1/16"), "vpc.cidr must be an IPv4 CIDR without host bits"
    yield "vpc", with_field(i["vpc"], "cidr", "fd00::/8"), "vpc.cidr must be an IPv4 CIDR without host bits"
    yield "vpc", with_field(i["vpc"], "cidr", "10.250.0.0"), "vpc.cidr must be an IPv4 CIDR without host bits"
    yield "vpc", with_field(i["vpc"], "cidr", "10.250.0.0/29"), "vpc.cidr must have a prefix length from 8 to 28"
    yield "zones", {}, "zones must name at least one zone"
    yield "zones", {"Zone A": i["zones"]["eu-central-1a"]}, "The keys of zones must be zone ids"
    yield (
        "zones",
        with_field(i["zones"], "eu-central-1a", "cidr", "10.250.0.9/19"),
        "Each zone's cidr must be an IPv4 CIDR",
    )
    yield "zones", with_field(i["zones"], "eu-central-1b", "cidr", "10.0.0.0/15"), "a prefix length from 16 to 29"
    yield "zones", with_field(i["zones"], "eu-central-1b", "cidr", "10.0.0.0/30"), "a prefix length from 16 to 29"
    yield "zones", with_field(i["zones"], "eu-central-1b", "eip_name", "-"), f"Each name in zones {NAME_RULE}"
    yield "nat_gateway", with_field(i["nat_gateway"], "name", ""), f"nat_gateway.name {NAME_RULE}"
    yield "vpc", {"id": "vpc-1"} | i["vpc"], "vpc must have either id, for an existing VPC, or name and name_tag"
    yield "vpc", {"cidr": "10.250.0.0/16"}, "vpc must have either id, for an existing VPC, or name and name_tag"
    yield "vpc", {"id": "VPC 1", "cidr": "10.250.0.0/16"}, "vpc.id must be the ID of a VPC"
    yield "nat_gateway", {"id": "ngw-1"}, "nat_gateway must have either id and snat_table_id"
    yield "nat_gateway", {"id": "ngw-1"} | i["nat_gateway"], "nat_gateway must have either id and snat_table_id"
    yield "eip_charge_type", "PayByLuck", "eip_charge_type must be PayByTraffic or PayByBandwidth"
    names = dict.fromkeys(("name", "default_route_name", "ipv6_route_name"), "rt")
    yield "route_table", names | {"name": "1"}, f"Each name in route_table {NAME_RULE}"
    yield "ipv6", {}, "ipv6 must have either gateway_name"
    yield "ipv6", {"gateway_name": "gw", "gateway_id": "ipv6gw-1"}, "ipv6 must have either gateway_name"
    yield "ipv6", {"gateway_name": "-"}, f"ipv6.gateway_name {NAME_RULE}"
    yield "security_group", with_field(i["security_group"], "name", "x"), f"security_group.name {NAME_RULE}"
    yield "security_group", with_field(i["security_group"], "description", "a\nb"), "one line of 2 to 256 characters"
    yield "security_group", with_field(i["security_group"], "description", "http://x"), "not start with http://"
    yield "pod_cidr", "100.96.0.1/11", "pod_cidr must be null or an IPv4 CIDR"
    yield "pod_cidr", "fd00::/48", "pod_cidr must be null or an IPv4 CIDR"
    yield "key_pair", with_field(i["key_pair"], "name", "x" * 129), f"key_pair.name {NAME_RULE}"
    yield "key_pair", with_field(i["key_pair"], "public_key", "-----BEGIN"), "must be one line in OpenSSH format"
    yield "key_pair", with_field(i["key_pair"], "public_key", "ssh-rsa AAAA\nx y"), "must be one line in OpenSSH format"


def pool_variables() -> dict[str, Any]:
    """Return values of the worker-pool module's variables."""
    shared = {
        name: value for name, value in WORKER.items() if name not in {"pools", "machine_images", "machine_deployments"}
    }
    return shared | WORKER["pools"]["cpu"] | {"pool_name": "cpu", "user_data": "c2VjcmV0"}


def worker_pool_cases() -> Iterator[Case]:
    """Yield bad values of the worker-pool module's variables with the rule they break."""
    v = pool_variables()
    yield "cluster_name", "-x", "cluster_name must be a DNS label"
    yield "region", "1", "region must be an Alibaba Cloud region id"
    yield "tags", {'a"b': "x"}, "must not contain double quotes"
    yield "tags", {"aliyunx": "x"}, "must not start with aliyun"
    yield "tags", {"x" * 129: ""}, "A tag key has 1 to 128 characters"
    yield "tags", {str(n): "" for n in range(19)}, "give at most 18"
    yield "pool_name", "Pool", "pool_name must be a DNS label"
    yield "security_group_id", "foo", "security_group_id must be a security group id"
    yield "image_id", "m x", "image_id must be an image id"
    yield "instance_type", "g7.large", "instance_type must be an ECS instance type"
    yield "system_disk", with_field(v["system_disk"], "category", "cloud_auto"), "system_disk.category must be"
    yield "system_disk", with_field(v["system_disk"], "size_gib", 19), "a whole number from 20 to 500"
    yield "system_disk", with_field(v["system_disk"], "size_gib", 501), "a whole number from 20 to 500"
    yield "system_disk", with_field(v["system_disk"], "size_gib", 20.5), "a whole number from 20 to 500"
    yield "data_disks", v["data_disks"] * 2, "Each data disk needs its own name"
    yield "data_disks", [with_field(v["data_disks"][0], "name", f"d{n}") for n in range(17)], "at most 16 data disks"
    yield "data_disks", with_field(v["data_disks"], 0, "name", "1"), f"A data disk's name {NAME_RULE}"
    yield "data_disks", with_field(v["data_disks"], 0, "category", "local_disk"), "A data disk's category must be"
    yield "data_disks", with_field(v["data_disks"], 0, "size_gib", 4), "a whole number from 5 to 32768"
    yield "data_disks", with_field(v["data_disks"], 0, "description", "\n"), "must be one line of 2 to 256 characters"
    yield "instance_name", "", f"instance_name {NAME_RULE}"
    yield "instance_tags", {"a": "back\\slash"}, "must not contain double quotes, backslashes"
    yield "instance_tags", {"a": "x\ny"}, "or control characters"
    yield "instance_tags", {"acs:a": ""}, "must not start with aliyun or acs:"
    yield "instance_tags", {"": ""}, "A tag key has 1 to 128 characters"
    yield "zones", {"eu": v["zones"]["eu-central-1a"]}, "The keys of zones must be zone ids"
    yield "zones", with_field(v["zones"], "eu-central-1a", "vswitch_id", "vsw"), "vswitch_id must be a vSwitch id"
    yield "zones", with_field(v["zones"], "eu-central-1a", "scaling_group_name", "x" * 65), "must have 2 to 64 letters"
    yield "zones", with_field(v["zones"], "eu-central-1a", "desired", 4), "0 <= minimum <= desired <= maximum <= 2000"
    yield "zones", with_field(v["zones"], "eu-central-1a", "desired", 0), "0 <= minimum <= desired <= maximum <= 2000"
    yield (
        "zones",
        with_field(v["zones"], "eu-central-1a", "maximum", 2001),
        "0 <= minimum <= desired <= maximum <= 2000",
    )
    yield "zones", with_field(v["zones"], "eu-central-1a", "maximum", 1.5), "must be whole numbers"
    yield "user_data", "#cloud-config", "user_data must be base64"
    yield "user_data", "c2VjcmV", "user_data must be base64"
    yield "user_data", "AAAA" * 10924, "at most 32 KiB"


@pytest.mark.parametrize(
    ("module", "good", "cases"),
    [
        ("infrastructure", INFRASTRUCTURE, infrastructure_cases),
        ("worker-pool", pool_variables(), worker_pool_cases),
    ],
    ids=MODULES,
)
def test_a_module_refuses_what_the_cloud_would(
    engine: Engine, tmp_path: Path, module: str, good: dict[str, Any], cases: Any
) -> None:
    """Only the variables are there, so no provider is needed; each round holds one bad value of every variable."""
    shutil.copy(REPO / "terraform" / "modules" / module / "variables.tf", tmp_path)
    pending: list[Case] = list(cases())
    rounds: list[dict[str, Case]] = [{}]
    for case in pending:
        fitting = next((r for r in rounds[1:] if case[0] not in r), None)
        if fitting is None:
            rounds.append(fitting := {})
        fitting[case[0]] = case
    missed = []
    for cases_by_variable in rounds:
        values = good | {name: value for name, value, _ in cases_by_variable.values()}
        (tmp_path / "terraform.tfvars.json").write_text(json.dumps(values))
        lines = [json.loads(line) for line in run(engine, tmp_path, "plan", "-json", "-input=false").splitlines()]
        errors = [line["diagnostic"]["detail"] for line in lines if line.get("@level") == "error"]
        wanted = [rule for _, _, rule in cases_by_variable.values()]
        missed += [(rule, errors) for rule in wanted if not any(rule in error for error in errors)]
        missed += [(f"{len(wanted)} errors", errors)] if len(errors) < len(wanted) or (not wanted and errors) else []
    assert missed == []

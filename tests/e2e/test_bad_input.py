"""Any bad input gives one clear error, exit 3, no traceback, and creates nothing."""

from __future__ import annotations

import copy
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from provisioner.cli import main
from tests.e2e.conftest import EXAMPLE, dump_bare

Documents = list[dict[str, Any]]
Change = Callable[[Documents], object]

HOSTILE = [
    'a"b',
    '${file("/etc/passwd")}',
    "%{if true}x%{endif}",
    "$(touch /tmp/x)",
    "a;b",
    "../../up",
    "a\nb",
    "a b",
    "`id`",
]


def of_kind(documents: Documents, kind: str) -> dict[str, Any]:
    return next(document for document in documents if document.get("kind") == kind)


def shoot(documents: Documents) -> dict[str, Any]:
    return of_kind(documents, "Shoot")


def networks(documents: Documents) -> dict[str, Any]:
    found: dict[str, Any] = shoot(documents)["spec"]["provider"]["infrastructureConfig"]["networks"]
    return found


def pool(documents: Documents) -> dict[str, Any]:
    found: dict[str, Any] = shoot(documents)["spec"]["provider"]["workers"][0]
    return found


def config(documents: Documents) -> dict[str, Any]:
    found: dict[str, Any] = of_kind(documents, "CloudProfile")["spec"]["providerConfig"]
    return found


def drop(documents: Documents, keep: Callable[[dict[str, Any]], bool]) -> None:
    documents[:] = [document for document in documents if keep(document)]


def is_credentials(document: dict[str, Any]) -> bool:
    return "accessKeyID" in {**document.get("data", {}), **document.get("stringData", {})}


# What is done to the example -> what the error has to name.
CHANGES: dict[str, tuple[Change, str]] = {
    "no CloudProfile": (lambda d: drop(d, lambda x: x["kind"] != "CloudProfile"), "CloudProfile"),
    "no BackupBucket": (lambda d: drop(d, lambda x: x["kind"] != "BackupBucket"), "no BackupBucket in the input"),
    "no credentials": (lambda d: drop(d, lambda x: not is_credentials(x)), "secretRef"),
    "unmapped version": (
        lambda d: of_kind(d, "CloudProfile")["spec"]["machineImages"][0]["versions"].append({"version": "9.9.9"}),
        "9.9.9",
    ),
    "unknown image": (lambda d: pool(d)["machine"]["image"].update(name="windows"), "windows"),
    "unknown image version": (lambda d: pool(d)["machine"]["image"].update(version="0.0.1"), "0.0.1"),
    "image not in the region": (
        lambda d: [image["versions"][0].update(regions=[]) for image in config(d)["machineImages"]],
        "regions",
    ),
    "vpc id and cidr": (lambda d: networks(d)["vpc"].update(id="vpc-1"), "networks.vpc"),
    "neither vpc id nor cidr": (lambda d: networks(d).update(vpc={}), "networks.vpc"),
    "cidr not canonical": (lambda d: networks(d)["vpc"].update(cidr="10.250.0.1/16"), "10.250.0.1/16"),
    "cidr no address": (lambda d: networks(d)["vpc"].update(cidr="10.250.0.0.0/16"), "10.250.0.0.0/16"),
    "cidr without a length": (lambda d: networks(d)["vpc"].update(cidr="10.250.0.0"), "networks.vpc.cidr"),
    "cidr too long": (lambda d: networks(d)["vpc"].update(cidr="10.250.0.0/33"), "10.250.0.0/33"),
    "zone outside the vpc": (lambda d: networks(d)["zones"][0].update(workers="10.251.0.0/19"), "10.251.0.0/19"),
    "zones overlap": (lambda d: networks(d)["zones"][1].update(workers="10.250.0.0/20"), "10.250.0.0/20"),
    "zone overlaps pods": (lambda d: shoot(d)["spec"]["networking"].update(pods="10.250.0.0/17"), "10.250.0.0/17"),
    "pods overlap services": (
        lambda d: shoot(d)["spec"]["networking"].update(services="192.168.0.0/18"),
        "192.168.0.0/18",
    ),
    "no zones": (lambda d: networks(d).update(zones=[]), "networks.zones"),
    "zone twice": (lambda d: networks(d)["zones"][1].update(name="eu-central-1a"), "eu-central-1a"),
    "zone not in the region": (lambda d: networks(d)["zones"][0].update(name="mars-1a"), "mars-1a"),
    "region not in the profile": (lambda d: shoot(d)["spec"].update(region="mars-1"), "mars-1"),
    "machine type unknown": (lambda d: pool(d)["machine"].update(type="ecs.unknown"), "ecs.unknown"),
    "volume type unknown": (lambda d: pool(d)["volume"].update(type="floppy"), "floppy"),
    "volume size no quantity": (lambda d: pool(d)["volume"].update(size="big"), "big"),
    "minimum over maximum": (lambda d: pool(d).update(minimum="7", maximum="2"), "maximum"),
    "negative minimum": (lambda d: pool(d).update(minimum=-1), "minimum"),
    "minimum no number": (lambda d: pool(d).update(minimum="many"), "minimum"),
    "pool zone not configured": (lambda d: pool(d).update(zones=["eu-central-1z"]), "eu-central-1z"),
    "pool twice": (lambda d: shoot(d)["spec"]["provider"]["workers"].append(copy.deepcopy(pool(d))), "general"),
    "unknown field in InfrastructureConfig": (lambda d: networks(d)["vpc"].update(cidrs="10.0.0.0/8"), "cidr"),
    "unknown field in CloudProfileConfig": (lambda d: config(d).update(machineImage=[]), "machineImages"),
    "wrong kind of provider config": (
        lambda d: shoot(d)["spec"]["provider"]["infrastructureConfig"].update(kind="Shoot"),
        "infrastructureConfig.kind",
    ),
    "wrong provider": (lambda d: shoot(d)["spec"]["provider"].update(type="aws"), "provider.type"),
    "wrong apiVersion": (lambda d: shoot(d).update(apiVersion="core.gardener.cloud/v1"), "apiVersion"),
    "no kind": (lambda d: shoot(d).pop("kind"), "kind"),
    "no name": (lambda d: shoot(d)["metadata"].pop("name"), "metadata.name"),
    "no spec": (lambda d: shoot(d).pop("spec"), "spec"),
    "spec of the wrong type": (lambda d: shoot(d).update(spec=["a"]), "spec"),
    "workers of the wrong type": (lambda d: shoot(d)["spec"]["provider"].update(workers="two"), "workers"),
    "secret not base64": (
        lambda d: next(x for x in d if is_credentials(x)).update(stringData={}, data={"accessKeyID": "%%%"}),
        "accessKeyID",
    ),
    "the same shoot twice": (lambda d: d.append(copy.deepcopy(shoot(d))), "Shoot/canary"),
    "nothing to do": (lambda d: drop(d, lambda x: x["kind"] == "CloudProfile"), "Shoot"),
    **{
        f"shoot called {name!r}": (lambda d, name=name: shoot(d)["metadata"].update(name=name), "metadata.name")
        for name in HOSTILE
    },
    **{
        f"pool called {name!r}": (lambda d, name=name: pool(d).update(name=name), "workers[0].name") for name in HOSTILE
    },
    **{
        f"technical id {name!r}": (lambda d, name=name: shoot(d)["status"].update(technicalID=name), "technicalID")
        for name in HOSTILE
    },
    **{
        f"bucket called {name!r}": (
            lambda d, name=name: of_kind(d, "BackupBucket")["metadata"].update(name=name),
            "metadata.name",
        )
        for name in HOSTILE
    },
}

TEXTS: dict[str, tuple[bytes, str]] = {
    "broken YAML": (b"kind: [", "input.yaml"),
    "tab": (b"kind:\n\t- a", "input.yaml"),
    "empty file": (b"", "input.yaml"),
    "only comments": (b"# nothing\n---\n", "input.yaml"),
    "ten megabytes": (b"a: " + b"x" * 10_000_000, "input.yaml"),
    "binary": (bytes(range(256)), "input.yaml"),
    "not UTF-8": (b"kind: \xff\xfe", "input.yaml"),
    "a list": (b"- 1\n- 2\n", "input.yaml"),
    "a scalar": (b"hello", "input.yaml"),
    "key twice": (b"kind: Shoot\nkind: Shoot\n", "kind"),
    "alias bomb": (
        b"a: &a [x,x,x,x,x,x,x,x,x]\n"
        + b"".join(b"%c: &%c [%s]\n" % (c, c, b",".join([b"*%c" % (c - 1)] * 9)) for c in range(98, 107)),
        "input.yaml",
    ),
    "deeply nested": (b"a: " + b"[" * 5000 + b"]" * 5000, "input.yaml"),
    "python object": (b"a: !!python/object/apply:os.system ['touch /tmp/x']", "input.yaml"),
}


def expect_refusal(file: Path, named: str, capfd: pytest.CaptureFixture[str], command: str = "apply") -> None:
    code = main([command, str(file), "--sandbox"])
    printed = capfd.readouterr()
    assert "Traceback" not in printed.err + printed.out
    assert "error: " in printed.err
    assert named in printed.err
    assert code == 3
    # Nothing was created: not even a cloud to create it in.
    assert not Path(os.environ["PROVISION_SANDBOX_DIR"]).exists()
    assert not list(Path(os.environ["PROVISION_WORK_DIR"]).glob("*"))


@pytest.mark.parametrize("case", CHANGES)
def test_wrong_manifest_is_refused_before_anything_happens(case, tmp_path, capfd):
    change, named = CHANGES[case]
    documents = list(yaml.load_all(EXAMPLE.read_text(), Loader=yaml.BaseLoader))
    change(documents)
    file = tmp_path / "input.yaml"
    file.write_text("---\n".join(dump_bare(document) for document in documents))
    expect_refusal(file, named, capfd)


@pytest.mark.parametrize("case", TEXTS)
def test_what_is_no_manifest_is_refused_and_the_file_named(case, tmp_path, capfd):
    content, named = TEXTS[case]
    file = tmp_path / "input.yaml"
    file.write_bytes(content)
    expect_refusal(file, named, capfd)


def test_missing_file_is_named(tmp_path, capfd):
    expect_refusal(tmp_path / "nowhere.yaml", "nowhere.yaml", capfd)


def test_empty_folder_is_named(tmp_path, capfd):
    (tmp_path / "folder").mkdir()
    expect_refusal(tmp_path / "folder", "folder", capfd)


@pytest.mark.parametrize(
    "arguments", [["aply"], ["apply"], ["apply", "x", "--no-such-option"], ["plan", "x", "-o", "xml"]]
)
def test_wrong_command_line_exits_with_three(arguments, capfd):
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 3

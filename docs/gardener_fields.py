"""
Write provisioner/manifests/gardener_fields.json: which fields the objects that are read have, and of which type.

    python docs/gardener_fields.py GARDENER EXTENSION

GARDENER is a checkout of gardener/gardener, EXTENSION one of gardener/gardener-extension-provider-alicloud. Of their Go
types only the names, the types and whether a field must be given carry over. `--required FILE` writes the last.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

OUT = Path(__file__).resolve().parent.parent / "provisioner" / "manifests" / "gardener_fields.json"

CORE, EXTENSIONS, SECURITY, ALICLOUD = "", "ext.", "sec.", "ali."
"""What the names of a package's types begin with."""
PACKAGES = {
    CORE: ("gardener", "pkg/apis/core/v1beta1"),
    EXTENSIONS: ("gardener", "pkg/apis/extensions/v1alpha1"),
    SECURITY: ("gardener", "pkg/apis/security/v1alpha1"),
    ALICLOUD: ("extension", "pkg/apis/alicloud/v1alpha1"),
}
IMPORTS = {"gardencorev1beta1": CORE, "corev1beta1": CORE, "extensionsv1alpha1": EXTENSIONS}

ROOTS = {
    "Shoot": "Shoot",
    "CloudProfile": "CloudProfile",
    "NamespacedCloudProfile": "NamespacedCloudProfile",
    "Project": "Project",
    "Secret": "Secret",
    "InternalSecret": "InternalSecret",
    "SecretBinding": "SecretBinding",
    "CredentialsBinding": "sec.CredentialsBinding",
    "Infrastructure": "ext.Infrastructure",
    "Worker": "ext.Worker",
    "ControlPlane": "ext.ControlPlane",
    "Cluster": "ext.Cluster",
    "Seed": "Seed",
    "BackupBucket": "ext.BackupBucket",
    "BackupEntry": "ext.BackupEntry",
    "InfrastructureStatus": "ali.InfrastructureStatus",
    "WorkerStatus": "ali.WorkerStatus",
}
"""The kinds that are read, and their types; configurations of the provider are strict and know their fields."""

BASIC = {
    "string": "s", "bool": "b", "int": "i", "int32": "i", "int64": "i", "uint32": "i", "[]byte": "s",
    "float64": "q", "byte": "i",
    "metav1.Time": "s", "metav1.Duration": "s", "metav1.ObjectMeta": "meta", "types.UID": "s",
    "resource.Quantity": "q", "intstr.IntOrString": "q", "corev1.ResourceList": "{q",
    "runtime.RawExtension": "r", "apiextensionsv1.JSON": "r", "json.RawMessage": "r",
    "corev1.SecretType": "s", "corev1.ServiceExternalTrafficPolicy": "s",
    "metav1.LabelSelector": "selector", "corev1.ObjectReference": "reference", "corev1.SecretReference": "secret",
    "corev1.LocalObjectReference": "local", "corev1.SecretKeySelector": "key", "corev1.Taint": "taint",
    "autoscalingv1.CrossVersionObjectReference": "cross", "rbacv1.Subject": "subject",
    "corev1.Toleration": "toleration",
}  # fmt: skip
"""Types of Go and Kubernetes: `s` text, `i` whole number, `b` true or false, `q` text or number, `r` anything."""

KUBERNETES = {
    "meta": {
        "name": "s", "generateName": "s", "namespace": "s", "selfLink": "s", "uid": "s", "resourceVersion": "s",
        "generation": "i", "creationTimestamp": "s", "deletionTimestamp": "s", "deletionGracePeriodSeconds": "i",
        "labels": "{s", "annotations": "{s", "ownerReferences": "[owner", "finalizers": "[s", "managedFields": "r",
    },
    "owner": {
        "apiVersion": "s", "kind": "s", "name": "s", "uid": "s", "controller": "b", "blockOwnerDeletion": "b",
    },
    "selector": {"matchLabels": "{s", "matchExpressions": "[requirement"},
    "requirement": {"key": "s", "operator": "s", "values": "[s"},
    "reference": {
        "kind": "s", "namespace": "s", "name": "s", "uid": "s", "apiVersion": "s", "resourceVersion": "s",
        "fieldPath": "s",
    },
    "secret": {"name": "s", "namespace": "s"},
    "local": {"name": "s"},
    "key": {"name": "s", "key": "s", "optional": "b"},
    "taint": {"key": "s", "value": "s", "effect": "s", "timeAdded": "s"},
    "toleration": {"key": "s", "operator": "s", "value": "s", "effect": "s", "tolerationSeconds": "i"},
    "cross": {"kind": "s", "name": "s", "apiVersion": "s"},
    "subject": {"kind": "s", "apiGroup": "s", "name": "s", "namespace": "s"},
    "Secret": {
        "apiVersion": "s", "kind": "s", "metadata": "meta", "immutable": "b", "data": "{s", "stringData": "{s",
        "type": "s",
    },
}  # fmt: skip
"""Kubernetes' own types (k8s.io/api and apimachinery v0.36), which Gardener's use."""

OVERRIDES = {
    # Objects of the garden as raw JSON: docs/extensions/resources/cluster.md.
    ("ext.ClusterSpec", "cloudProfile"): "CloudProfile",
    ("ext.ClusterSpec", "shoot"): "Shoot",
    ("ext.ClusterSpec", "seed"): "Seed",
    # What the extension's controller writes and reads.
    ("ext.WorkerSpec", "infrastructureProviderStatus"): "ali.InfrastructureStatus",
    ("ext.InfrastructureStatus", "providerStatus"): "ali.InfrastructureStatus",
    ("ext.WorkerStatus", "providerStatus"): "ali.WorkerStatus",
}
"""Fields that are free JSON to Gardener, and what is in them."""
WHOLE = {"MachineImageFlavor": "{[s"}
"""Types with a JSON form of their own."""

_STRUCT = re.compile(r"^type (\w+) struct ?\{(\n.*?^)?\}", re.MULTILINE | re.DOTALL)
_NAMED = re.compile(r"^type (\w+) (\[\]\w+|map\[\w+\]\w+|string|int32)$", re.MULTILINE)
_FIELD = re.compile(r"^\t(?:(\w+)[ \t]+)?([\w.*\[\]]+)[ \t]+`json:\"([^\"]*)\"[^`]*`")


@dataclass
class Types:
    """The types of Go that were read."""

    structs: dict[str, dict[str, str]]
    """Fields by type, in our notation; what is embedded has a name that begins with a blank."""
    required: dict[str, list[str]]
    named: dict[str, str]
    """Types that are neither structs nor Go's own."""


def main() -> None:
    """Write the file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("gardener", type=Path)
    parser.add_argument("extension", type=Path)
    parser.add_argument("--required", type=Path, help="also write which fields must be given")
    options = parser.parse_args()
    checkouts = {"gardener": options.gardener, "extension": options.extension}
    types = _read(checkouts)
    reachable = _reachable(types)
    document = {
        "of": {name: _version(path) for name, path in checkouts.items()},
        "kinds": ROOTS,
        "types": reachable,
    }
    OUT.write_text(_dump(document))
    if options.required is not None:
        required = {name: types.required[name] for name in reachable if types.required.get(name)}
        options.required.write_text(_dump({"of": document["of"], "required": required}))


def _dump(document: dict[str, object]) -> str:
    """Return compact JSON with one type on a line."""
    parts = []
    for key, value in document.items():
        if key in ("types", "required"):
            assert isinstance(value, dict)
            lines = (f"{json.dumps(name)}:{json.dumps(found, separators=(',', ':'))}" for name, found in value.items())
            parts.append(f"{json.dumps(key)}:{{\n" + ",\n".join(lines) + "\n}")
        else:
            parts.append(f"{json.dumps(key)}:{json.dumps(value)}")
    return "{" + ",\n".join(parts) + "}\n"


def _version(checkout: Path) -> str:
    commit = subprocess.run(  # noqa: S603 - the checkout is the caller's own
        ["git", "-C", str(checkout), "rev-parse", "--short=12", "HEAD"],  # noqa: S607 - so is git
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()
    return f"{(checkout / 'VERSION').read_text().strip()} {commit}"


def _read(checkouts: dict[str, Path]) -> Types:
    """Return the types of every package."""
    types = Types({name: dict(fields) for name, fields in KUBERNETES.items()}, {}, {})
    sources = {
        prefix: [
            file.read_text()
            for file in sorted((checkouts[checkout] / folder).glob("types*.go"))
            if not file.name.endswith("_test.go")
        ]
        for prefix, (checkout, folder) in PACKAGES.items()
    }
    for prefix, texts in sources.items():
        for text in texts:
            for name, target in _NAMED.findall(text):
                types.named[prefix + name] = target
    known = {prefix + name for prefix, texts in sources.items() for text in texts for name, _ in _STRUCT.findall(text)}
    for prefix, texts in sources.items():
        for text in texts:
            for name, body in _STRUCT.findall(text):
                fields: dict[str, str] = {}
                required = types.required.setdefault(prefix + name, [])
                for field, go_type, is_optional in _fields(body):
                    fields[field] = _type(go_type, prefix, types.named, known)
                    if not is_optional and not field.startswith(" "):
                        required.append(field)
                types.structs[prefix + name] = fields
    types.structs = {name: _flatten(types, name) for name in types.structs}
    for (name, field), target in OVERRIDES.items():
        types.structs[name][field] = target
    return types


def _fields(body: str) -> Iterator[tuple[str, str, bool]]:
    """Yield JSON name (a blank and a number for what is embedded), Go's type, and whether it may be left out."""
    is_optional = False
    for line in body.splitlines():
        if line.strip() == "// +optional":
            is_optional = True
        found = _FIELD.match(line)
        if found is None:
            continue
        _, go_type, tag = found.groups()
        name, *options = tag.split(",")
        if go_type == "metav1.TypeMeta":
            yield "apiVersion", "string", True
            yield "kind", "string", True
        elif "inline" in options:
            yield f" {go_type}", go_type, True
        elif name and name != "-":
            yield name, go_type, is_optional or "omitempty" in options
        is_optional = False


def _type(go_type: str, prefix: str, named: dict[str, str], known: set[str]) -> str:
    """Return a type in our notation: `[` and `{` for lists and maps of what follows, `?` before what is not known."""
    go_type = go_type.lstrip("*")
    if go_type in BASIC:
        return BASIC[go_type]
    for start, end, ours in (("[]", "]", "["), ("map[", "]", "{")):
        if go_type.startswith(start):
            return ours + _type(go_type.partition(end)[2], prefix, named, known)
    package, _, name = go_type.rpartition(".")
    prefix = IMPORTS.get(package, "?") if package else prefix
    full = prefix + name
    if full in named:
        return _type(named[full], prefix, named, known)
    return WHOLE.get(full) or (full if full in known else f"?{go_type}")


def _flatten(types: Types, name: str) -> dict[str, str]:
    """Return the fields of a type with those of what is embedded in it."""
    fields: dict[str, str] = {}
    for field, target in types.structs[name].items():
        if field.startswith(" "):
            fields |= _flatten(types, target)
            types.required.setdefault(name, []).extend(types.required.get(target, []))
        else:
            fields[field] = target
    return fields


def _reachable(types: Types) -> dict[str, dict[str, str]]:
    """Return the types that the kinds that are read have somewhere."""
    found: dict[str, dict[str, str]] = {}
    waiting = [*ROOTS.values()]
    while waiting:
        name = waiting.pop().lstrip("[{")
        if name.startswith("?"):
            raise ValueError(f"what is {name[1:]}?")
        if name in types.structs and name not in found:
            found[name] = types.structs[name]
            waiting += found[name].values()
    return dict(sorted(found.items()))


if __name__ == "__main__":
    main()

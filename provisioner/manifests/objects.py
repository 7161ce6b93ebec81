"""
Plain data to `api` models, and pydantic's complaints to problems that an operator understands.

Which kinds exist, under which apiVersion they must appear, and how a field of the wrong type is described.
"""

from __future__ import annotations

import typing
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pkgutil import resolve_name
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from provisioner.api import alicloud_v1alpha1, bindings, core_v1beta1, extensions_v1alpha1
from provisioner.api.alicloud_v1alpha1 import PROVIDER_TYPE
from provisioner.api.text import known_or_near, nearest, show, show_name
from provisioner.errors import Problem
from provisioner.manifests.rest import Location, fill_gaps, read_rest, without_fields

MAX_PROBLEMS = 100
"""Most problems reported for one object; more would not help."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind that is read."""

    api_version: str
    """The only version that is read."""
    source: type[BaseModel] | str
    """Its model; of a rare kind only the module and the name, `module:name`, since an import takes its time."""
    type_path: tuple[str, ...] = ()
    """Where the provider type is."""
    is_named: bool = True
    """Whether it has metadata; provider configurations have none."""

    @property
    def model(self) -> type[BaseModel]:
        """Its model."""
        return resolve_name(self.source) if isinstance(self.source, str) else self.source


_CORE = core_v1beta1.API_VERSION
_OLD_CORE = "core.gardener.cloud/v1alpha1"
"""In Clusters of old seeds; the fields that are read are those of v1beta1. Source: gardener v1.30 pkg/apis/core."""
_EXTENSIONS = extensions_v1alpha1.API_VERSION
_ALICLOUD = alicloud_v1alpha1.API_VERSION
_SPEC_TYPE = ("spec", "type")
_CORE_MODELS = core_v1beta1.__name__

KINDS: Mapping[str, Kind] = {
    "Shoot": Kind(_CORE, core_v1beta1.Shoot, ("spec", "provider", "type")),
    "CloudProfile": Kind(_CORE, core_v1beta1.CloudProfile, _SPEC_TYPE),
    "NamespacedCloudProfile": Kind(_CORE, f"{_CORE_MODELS}.namespaced_cloud_profile:NamespacedCloudProfile"),
    "Project": Kind(_CORE, core_v1beta1.Project),
    "Seed": Kind(_CORE, f"{_CORE_MODELS}.seed_manifest:SeedManifest"),
    "Secret": Kind("v1", core_v1beta1.Secret),
    "InternalSecret": Kind(_CORE, core_v1beta1.InternalSecret),
    "SecretBinding": Kind(_CORE, bindings.SecretBinding),
    "CredentialsBinding": Kind(bindings.SECURITY_VERSION, bindings.CredentialsBinding),
    "Infrastructure": Kind(_EXTENSIONS, extensions_v1alpha1.Infrastructure, _SPEC_TYPE),
    "Worker": Kind(_EXTENSIONS, extensions_v1alpha1.Worker, _SPEC_TYPE),
    "ControlPlane": Kind(_EXTENSIONS, extensions_v1alpha1.ControlPlane, _SPEC_TYPE),
    "Cluster": Kind(_EXTENSIONS, extensions_v1alpha1.Cluster),
    "BackupBucket": Kind(_EXTENSIONS, extensions_v1alpha1.BackupBucket, _SPEC_TYPE),
    "BackupEntry": Kind(_EXTENSIONS, extensions_v1alpha1.BackupEntry, _SPEC_TYPE),
    "CloudProfileConfig": Kind(_ALICLOUD, alicloud_v1alpha1.CloudProfileConfig, is_named=False),
    "InfrastructureConfig": Kind(_ALICLOUD, alicloud_v1alpha1.InfrastructureConfig, is_named=False),
    "ControlPlaneConfig": Kind(_ALICLOUD, alicloud_v1alpha1.ControlPlaneConfig, is_named=False),
    "InfrastructureStatus": Kind(_ALICLOUD, alicloud_v1alpha1.InfrastructureStatus, is_named=False),
    "WorkerStatus": Kind(_ALICLOUD, alicloud_v1alpha1.WorkerStatus, is_named=False),
    "BackupBucketConfig": Kind(_ALICLOUD, alicloud_v1alpha1.BackupBucketConfig, is_named=False),
}

SECRET_KINDS = ("Secret", "InternalSecret")

_GARDENER_KINDS_NOT_READ = frozenset({
    "Bastion", "ContainerRuntime", "ControllerDeployment", "ControllerInstallation", "ControllerRegistration",
    "DNSRecord", "ExposureClass", "Extension", "Network", "OperatingSystemConfig", "Quota", "ShootState",
    "WorkloadIdentity",
})  # fmt: skip
"""Ignored kinds of Gardener's own groups; any other unknown kind there counts as a spelling mistake."""

# Values below these names may be credentials or user data; a message describes them and never shows them.
HIDDEN_NAMES = frozenset({"data", "stringData", "userData", "accessKeyID", "accessKeySecret", "securityToken", "state"})

# Where a Cluster carries whole objects of the garden.
_CLUSTER_PARTS = {"shoot": "Shoot", "cloudProfile": "CloudProfile", "seed": "Seed"}


def check_type(data: Mapping[str, Any], source: str) -> list[Problem]:
    """Return the problems of an object's `apiVersion`, `kind` and name, before anything else is checked."""
    kind_name = data.get("kind")
    api_version = data.get("apiVersion")
    problems = []
    for field, value in (("apiVersion", api_version), ("kind", kind_name)):
        if value is None or value == "":
            problems.append(Problem(source, field, "Required", "is required", _fix_for_missing(field, kind_name)))
        elif not isinstance(value, str):
            problems.append(Problem(source, field, "Invalid", f"must be text, not {describe(value)}"))
    kind = KINDS.get(str(kind_name))
    if kind is None:
        return problems or _check_unknown_kind(str(kind_name), str(api_version), source)
    label = object_label(data, source)
    if not problems and api_version != kind.api_version:
        detail = f"{show(api_version)} is not the supported version of {kind_name}"
        problems.append(Problem(label, "apiVersion", "NotSupported", detail, f"write apiVersion: {kind.api_version}"))
    if kind.is_named:
        problems += _check_name(data, label)
    return problems


def can_be_read(data: Mapping[str, Any]) -> bool:
    """Return whether an object has a known kind, of the right API group if it says one; its version may be wrong."""
    kind, api_version = KINDS.get(str(data.get("kind"))), data.get("apiVersion") or ""
    if kind is None or not isinstance(api_version, str):
        return False
    return not api_version or api_version.rpartition("/")[0] == kind.api_version.rpartition("/")[0]


def _fix_for_missing(field: str, kind_name: object) -> str:
    """Return how to repair a missing `apiVersion` or `kind`."""
    if field == "apiVersion" and isinstance(kind_name, str) and kind_name in KINDS:
        return f"write apiVersion: {KINDS[kind_name].api_version}"
    return "every manifest needs apiVersion and kind"


def _check_unknown_kind(kind_name: str, api_version: str, source: str) -> list[Problem]:
    """Return a problem if an unknown kind looks like a misspelt known one; every other kind is tolerated."""
    versions = {kind.api_version for kind in KINDS.values()} - {"v1"}
    if api_version not in versions or kind_name in _GARDENER_KINDS_NOT_READ or kind_name.endswith("List"):
        return []
    near = nearest(kind_name, KINDS)
    if near is None:
        return []
    detail = f"{show(kind_name)} is not a kind of {show_name(api_version)}"
    return [Problem(source, "kind", "NotSupported", detail, f"did you mean {near}?")]


def _check_name(data: Mapping[str, Any], label: str) -> list[Problem]:
    """Return the problems of `metadata.name`."""
    metadata = data.get("metadata")
    if metadata is None:
        return [Problem(label, "metadata.name", "Required", "is required", "every object needs a name")]
    if not isinstance(metadata, dict):
        return []  # the model says so
    name = metadata.get("name")
    if name is None or name == "":
        return [Problem(label, "metadata.name", "Required", "is required", "every object needs a name")]
    return []


def object_label(data: Mapping[str, Any], source: str) -> str:
    """Return `Kind/name`, or the source when the object has no usable name."""
    metadata = data.get("metadata")
    name = metadata.get("name") if isinstance(metadata, dict) else None
    kind_name = data.get("kind")
    if not isinstance(name, str) or not name or not isinstance(kind_name, str):
        return source
    return f"{show_name(kind_name)}/{show_name(name)}"


def read_object(data: Mapping[str, Any], source: str) -> tuple[BaseModel | None, list[Problem]]:
    """
    Return the model of an object of a known kind, and the problems of its fields.

    With problems, the model is the readable rest, or None without one. `can_be_read` must be true.
    """
    kind_name = str(data["kind"])
    kind = KINDS[kind_name]
    label = object_label(data, source)
    problems = _check_provider(data, kind, label)
    if not problems and kind_name == "Cluster":
        problems = _check_cluster(data, label)
    if problems:
        return None, problems
    read = partial(_validate, kind.model)
    try:
        return read(data), []
    except ValidationError as error:
        found = error
    data = _without_nulls(kind.model, data, found)
    if kind_name == "Cluster":
        data = fill_gaps(read, data, found, [("spec", part) for part in _CLUSTER_PARTS])
    try:
        return read(data), []
    except ValidationError as error:
        found = error
    problems = list(explain(found, kind.model, label, is_secret=kind_name in SECRET_KINDS))
    return read_rest(read, data, found) if found.error_count() <= MAX_PROBLEMS else None, problems


def _validate(model: type[BaseModel], data: Mapping[str, Any]) -> BaseModel:
    """Return a model. The names of attributes (`max_surge`) are for code; Gardener knows only those of the JSON."""
    return model.model_validate(data, by_alias=True, by_name=False)


def _without_nulls(model: type[BaseModel], data: Mapping[str, Any], found: ValidationError) -> Mapping[str, Any]:
    """Return data without the fields that are null and need not be there: not given, to Go."""
    nulls = [item["loc"] for item in found.errors() if item["input"] is None and not _is_required(model, item["loc"])]
    return without_fields(data, nulls) if nulls else data


def _is_required(model: type[BaseModel], location: Location) -> bool:
    """Return whether there has to be something at a location; there has to be where no field of a model is."""
    parent = _model_at(model, location[:-1])
    field = _field_of(parent, str(location[-1])) if parent is not None else None
    return field is None or field.is_required()


def _check_provider(data: Mapping[str, Any], kind: Kind, label: str, path: str = "") -> list[Problem]:
    """
    Return a problem if an object belongs to another cloud; then its provider configuration is not read.

    With a `path` it is a part of a Cluster, which need not say to which one.
    """
    value: Any = data
    for name in kind.type_path:
        value = value.get(name) if isinstance(value, dict) else None
    if not kind.type_path or not isinstance(value, str) or value == PROVIDER_TYPE or (path and not value):
        return []
    where = path + ".".join(kind.type_path)
    detail = f"{show(value)} is not a supported provider type"
    return [Problem(label, where, "NotSupported", detail, f"give {PROVIDER_TYPE} objects only")]


def _check_cluster(data: Mapping[str, Any], label: str) -> list[Problem]:
    """Return the problems of the types of the objects that a Cluster carries."""
    problems: list[Problem] = []
    spec = data.get("spec")
    for field, kind_name in _CLUSTER_PARTS.items():
        part = spec.get(field) if isinstance(spec, dict) else None
        if not isinstance(part, dict):
            continue
        for name, expected in (("kind", kind_name), ("apiVersion", _CORE)):
            value = part.get(name)
            if isinstance(value, str) and value not in (expected, _OLD_CORE if name == "apiVersion" else expected):
                detail = f"{show(value)} is not possible here"
                path = f"spec.{field}.{name}"
                problems.append(Problem(label, path, "NotSupported", detail, f"write {name}: {expected}"))
        if kind_name in KINDS and not problems:
            problems += _check_provider(part, KINDS[kind_name], label, f"spec.{field}.")
    return problems


def explain(error: ValidationError, model: type[BaseModel], label: str, *, is_secret: bool) -> Iterator[Problem]:
    """Yield one problem per complaint of pydantic, in Gardener's words and without a Secret's values."""
    items = error.errors(include_url=False)
    for item in items[:MAX_PROBLEMS]:
        location = item["loc"]
        hides = is_secret or not HIDDEN_NAMES.isdisjoint(location)
        path = format_path(location)
        type_, detail, fix = _explain_item(item, hides=hides)
        if item["type"] == "extra_forbidden":
            fix = _fix_for_unknown(model, location)
        yield Problem(label, path, type_, detail, fix)
    if len(items) > MAX_PROBLEMS:
        yield Problem(label, "", "TooMany", f"{len(items) - MAX_PROBLEMS} more problems like these")


_EXPECTED = {
    "string_type": "text",
    "int_type": "a whole number",
    "bool_type": "true or false",
    "tuple_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
}


def _explain_item(item: Mapping[str, Any], *, hides: bool) -> tuple[str, str, str]:
    """Return type, detail and fix for one complaint of pydantic."""
    kind = item["type"]
    value = item.get("input")
    context = item.get("ctx", {})
    result: tuple[str, str, str]
    if kind == "missing":
        result = ("Required", "is required", "")
    elif kind == "extra_forbidden":
        result = ("Forbidden", "is not a known field", "")
    elif kind in _EXPECTED:
        result = (
            "Invalid",
            f"must be {_EXPECTED[kind]}, not {describe(value, hides=hides)}",
            _fix_for_type(kind, value),
        )
    elif kind == "literal_error":
        detail = f"{describe(value, hides=hides)} is not supported"
        result = ("NotSupported", detail, f"write {str(context.get('expected', '')).replace(chr(39), '')}")
    elif kind == "too_many":
        result = ("TooMany", str(item["msg"]), "")
    elif kind in ("greater_than_equal", "less_than_equal"):
        bound = context.get("ge", context.get("le"))
        word = "at least" if "ge" in context else "at most"
        result = ("Invalid", f"must be {word} {bound}, not {describe(value, hides=hides)}", "")
    else:
        result = ("Invalid", str(item["msg"]), "")
    return result


def _fix_for_type(kind: str, value: object) -> str:
    """Return how to turn a value into the expected type, where that is obvious."""
    if kind == "string_type" and isinstance(value, bool | int):
        return "put it in quotes"
    if kind == "int_type" and isinstance(value, str) and value.removeprefix("-").isdecimal():
        return "write it without quotes and without leading zeros"
    if kind == "bool_type" and isinstance(value, str) and value.lower() in ("true", "false"):
        return "write it without quotes"
    return ""


def describe(value: object, *, hides: bool = False) -> str:
    """Return the kind of a value in words; with the value itself if it is a scalar and need not be hidden."""
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list | tuple):
        return "a list"
    if value is None or isinstance(value, bool):
        return "true or false" if hides and value is not None else show(value)
    if isinstance(value, int):
        return "a number" if hides else f"the number {show(value)}"
    return "text" if hides else f"the text {show(value)}"


def format_path(location: Location) -> str:
    """Return a field path as Kubernetes writes it: `spec.pools[0].labels[a/b]`."""
    path = ""
    for part in location:
        if isinstance(part, int):
            path += f"[{part}]"
        elif part.isalnum() and part.isascii():
            path += f".{part}" if path else part
        else:
            path += f"[{show_name(part)}]"
    return path


def _fix_for_unknown(model: type[BaseModel], location: Location) -> str:
    """Return the nearest known field for an unknown one, else all known ones."""
    parent = _model_at(model, location[:-1])
    if parent is None:
        return "remove it"
    return known_or_near(str(location[-1]), [field.alias or name for name, field in parent.model_fields.items()])


def _model_at(model: type[BaseModel], location: Location) -> type[BaseModel] | None:
    """Return the model that validates the value at a location."""
    current: type[BaseModel] | None = model
    for part in location:
        if isinstance(part, int):
            continue
        if current is None:
            return None
        field = _field_of(current, part)
        current = next(_models_in(field.annotation), None) if field is not None else None
    return current


def _field_of(model: type[BaseModel], name: str) -> FieldInfo | None:
    """Return the field that has a name in JSON."""
    return next((field for key, field in model.model_fields.items() if name == (field.alias or key)), None)


def has_model(model: type[BaseModel], location: Location) -> bool:
    """Return whether a model looks at the value at a location; it does not look into JSON that it carries along."""
    current = model
    names = [part for part in location if isinstance(part, str)]
    for position, part in enumerate(names):
        field = _field_of(current, part)
        if field is None:
            return False
        below = next(_models_in(field.annotation), None)
        if below is None:
            return position == len(names) - 1 or not _is_raw(field.annotation)
        current = below
    return True


def _is_raw(annotation: Any) -> bool:
    """Return whether an annotation leaves open what the values are."""
    return annotation is Any or any(_is_raw(argument) for argument in typing.get_args(annotation))


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    """Yield the models that an annotation mentions."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in typing.get_args(annotation):
        yield from _models_in(argument)

"""The objects of one invocation: files, directories and standard input read into one collection."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, BinaryIO

from pydantic import BaseModel

from provisioner.api.collection import Manifests
from provisioner.api.core_v1beta1 import CloudProfile
from provisioner.api.extensions_v1alpha1 import Cluster
from provisioner.api.model import ApiObject
from provisioner.api.text import show_name
from provisioner.api.unread import Unread
from provisioner.errors import ManifestError, Problem
from provisioner.manifests.documents import Document, read_documents
from provisioner.manifests.field_names import check_fields, explain_missing
from provisioner.manifests.files import read_files
from provisioner.manifests.objects import KINDS, can_be_read, check_type, describe, object_label, read_object
from provisioner.manifests.placeholders import check_placeholders, mentions_placeholder

_SECRET_VALUE = re.compile(r"(?:data|stringData)(?:\.|\[)([^\]]+)\]?")
_NO_OBJECT = "must be a mapping with apiVersion and kind"


_FIELDS: Mapping[str, str] = {
    "Shoot": "shoots",
    "CloudProfile": "cloud_profiles",
    "NamespacedCloudProfile": "namespaced_cloud_profiles",
    "Project": "projects",
    "Seed": "seeds",
    "Secret": "secrets",
    "InternalSecret": "internal_secrets",
    "SecretBinding": "secret_bindings",
    "CredentialsBinding": "credentials_bindings",
    "Infrastructure": "infrastructures",
    "Worker": "workers",
    "ControlPlane": "control_planes",
    "Cluster": "clusters",
    "BackupBucket": "backup_buckets",
    "BackupEntry": "backup_entries",
    "CloudProfileConfig": "cloud_profile_configs",
    "InfrastructureConfig": "infrastructure_configs",
    "ControlPlaneConfig": "control_plane_configs",
    "InfrastructureStatus": "infrastructure_statuses",
    "WorkerStatus": "worker_statuses",
    "BackupBucketConfig": "backup_bucket_configs",
}


def load_manifests(files: Sequence[str], stdin: BinaryIO | None = None) -> Manifests:
    """
    Return the objects in files, directories (their *.yaml, *.yml and *.json files, sorted) and `-`, standard input.

    A named file may be a pipe or a device; in a directory these are skipped, with a warning.

    Raises:
        ManifestError: something cannot be read or is invalid. Carries every problem found.
    """
    manifests = collect_manifests(files, stdin)
    if manifests.errors:
        raise ManifestError(manifests.errors)
    return manifests


def collect_manifests(files: Sequence[str], stdin: BinaryIO | None = None) -> Manifests:
    """Return what `load_manifests` returns; what is wrong is in `errors`, beside everything that could be read."""
    collector = _Collector()
    for name, data in read_files(files, stdin, collector.problems, collector.skipped):
        documents, problems = read_documents(data, name)
        collector.problems += problems
        collector.may_have_placeholders = mentions_placeholder(data)
        for document in documents:
            collector.add_document(document)
    if not files:
        collector.problems.append(
            Problem("input", "", "Required", "no file was given", "name a file, a directory or -")
        )
    return collector.manifests()


class _Collector:
    """Gathers objects and problems until everything was read."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self.skipped: list[Problem] = []
        self.may_have_placeholders = False
        """Whether the file that is read mentions one."""
        self._odd_fields: list[Problem] = []
        self._of_objects = 0
        """How many of the problems are those of objects of a known kind."""
        self._objects: dict[str, list[BaseModel]] = {}
        self._seen: dict[tuple[str, str | None, str], str] = {}
        self._ignored: dict[str, int] = {}
        self._unread_paths: dict[str, list[str]] = {}
        self._unread_kinds: set[str] = set()
        self._sources: dict[str, str] = {}

    def manifests(self) -> Manifests:
        """Return the collection."""
        warnings = tuple(
            Problem(kind, "", "NotSupported", f"is not used here; {_count(count)} skipped", "")
            for kind, count in self._ignored.items()
        )
        objects: dict[str, Any] = {field: tuple(found) for field, found in self._objects.items()}
        unread = Unread(
            {reference: tuple(paths) for reference, paths in self._unread_paths.items()},
            self._sources,
            frozenset(self._unread_kinds),
            has_any_kind=len(self.problems) > self._of_objects,
        )
        skipped, errors = tuple(self.skipped), tuple(self.problems)
        return Manifests(
            **objects, warnings=(*warnings, *self._odd_fields), skipped=skipped, errors=errors, unread=unread
        )

    def add_document(self, document: Document) -> None:
        """Take in one document: an object, or a list of objects as `kubectl get -o yaml` writes it."""
        data = document.data
        if not isinstance(data, dict):
            detail = (
                f"line {document.line}: must be a mapping with apiVersion and kind, not {describe(data, hides=True)}"
            )
            self.problems.append(Problem(document.source, "", "Invalid", detail))
            return
        kind = data.get("kind")
        if not isinstance(kind, str) or not kind.endswith("List") or "items" not in data:
            self._add_object(data, document.source)
            return
        items = data["items"]
        if not isinstance(items, list):
            detail = f"must be a list, not {describe(items, hides=True)}"
            self.problems.append(Problem(document.source, "items", "Invalid", detail))
            return
        # In a typed list (ShootList) the API server leaves out what the list's own kind says.
        defaults = {} if kind == "List" else {"apiVersion": data.get("apiVersion"), "kind": kind.removesuffix("List")}
        for index, item in enumerate(items):
            source = f"{document.source} items[{index}]"
            if isinstance(item, dict):
                self._add_object({**defaults, **item}, source)
            else:
                detail = f"{_NO_OBJECT}, not {describe(item, hides=True)}"
                self.problems.append(Problem(source, "", "Invalid", detail))

    def _add_object(self, data: Mapping[str, Any], source: str) -> None:
        """Take in one object, or what can be read of it."""
        problems = check_type(data, source)
        kind = str(data.get("kind"))
        if kind not in KINDS:
            self.problems += problems
            if not problems:
                label = show_name(kind)
                self._ignored[label] = self._ignored.get(label, 0) + 1
            return
        if not can_be_read(data):
            self._add_problems(problems)
            self._unread_kinds.add(kind)
            return
        model, field_problems = read_object(data, source)
        paths = [problem.path for problem in (*problems, *field_problems)]
        if self.may_have_placeholders:
            placeholders = check_placeholders(data, source)
            named = {problem.path for problem in placeholders}
            field_problems = [*placeholders, *(problem for problem in field_problems if problem.path not in named)]
            paths += named
        odd_fields = check_fields(data, source, field_problems)
        self._add_problems([*problems, *explain_missing(field_problems, odd_fields)])
        self._odd_fields += odd_fields
        if model is None:
            self._unread_kinds.add(kind)
            return
        reference = model.reference if isinstance(model, ApiObject) else kind
        if paths:
            paths = [way for path in paths for way in _ways_to(path)]
            self._unread_paths.setdefault(reference, []).extend(paths)
            model = _with_unread(model, paths)
        if isinstance(model, ApiObject):
            if model.metadata.name:
                self._check_duplicate(model, object_label(data, source), source)
            else:
                self._sources[reference] = source
        self._objects.setdefault(_FIELDS[str(kind)], []).append(model)

    def _add_problems(self, problems: Sequence[Problem]) -> None:
        """Take in what is wrong with an object of a known kind."""
        self.problems += problems
        self._of_objects += len(problems)

    def _check_duplicate(self, model: ApiObject, label: str, source: str) -> None:
        """Note a problem if an object of the same kind, namespace and name was there before."""
        key = (model.kind, model.metadata.namespace, model.metadata.name)
        if key in self._seen:
            detail = f"defined twice: in {self._seen[key]} and in {source}"
            problem = Problem(label, "metadata.name", "Duplicate", detail, "keep one of them")
            self._add_problems([problem])
            # Two of a name have one technical ID, too.
            self._unread_paths.setdefault(model.reference, []).extend((problem.path, "status.technicalID"))
        self._seen[key] = source


def _ways_to(path: str) -> tuple[str, ...]:
    """Return all paths of a field: a value of a Secret is either text or base64."""
    key = _SECRET_VALUE.fullmatch(path)
    return (path, f"data.{key[1]}", f"stringData.{key[1]}") if key else (path,)


def _with_unread(model: BaseModel, paths: Sequence[str]) -> BaseModel:
    """Return a model in which a CloudProfile knows what could not be read of it: shoots are judged by the rest."""
    if isinstance(model, CloudProfile):
        return model.with_unread("", paths)
    if isinstance(model, Cluster):
        profile = model.spec.cloud_profile.with_unread("spec.cloudProfile.", paths)
        return model.model_copy(update={"spec": model.spec.model_copy(update={"cloud_profile": profile})})
    return model


def _count(count: int) -> str:
    """Return `1 object` or `n objects`."""
    return "1 object" if count == 1 else f"{count} objects"

"""The objects of one invocation: files, directories and standard input read into one collection."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, BinaryIO

from pydantic import BaseModel

from provisioner.api.alicloud_v1alpha1 import (
    BackupBucketConfig,
    CloudProfileConfig,
    ControlPlaneConfig,
    InfrastructureConfig,
    InfrastructureStatus,
    WorkerStatus,
)
from provisioner.api.bindings import CredentialsBinding, SecretBinding
from provisioner.api.collection import Manifests
from provisioner.api.core_v1beta1 import (
    CloudProfile,
    InternalSecret,
    NamespacedCloudProfile,
    Project,
    Secret,
    SeedManifest,
    Shoot,
)
from provisioner.api.extensions_v1alpha1 import (
    BackupBucket,
    BackupEntry,
    Cluster,
    ControlPlane,
    Infrastructure,
    Worker,
)
from provisioner.api.model import ApiObject
from provisioner.api.text import show_name
from provisioner.errors import ManifestError, Problem
from provisioner.manifests.documents import Document, read_documents
from provisioner.manifests.field_names import check_fields, explain_missing
from provisioner.manifests.files import read_files
from provisioner.manifests.objects import KINDS, check_type, describe, object_label, read_object
from provisioner.manifests.placeholders import check_placeholders, mentions_placeholder

_NO_OBJECT = "must be a mapping with apiVersion and kind"


_FIELDS: Mapping[type[BaseModel], str] = {
    Shoot: "shoots",
    CloudProfile: "cloud_profiles",
    NamespacedCloudProfile: "namespaced_cloud_profiles",
    Project: "projects",
    SeedManifest: "seeds",
    Secret: "secrets",
    InternalSecret: "internal_secrets",
    SecretBinding: "secret_bindings",
    CredentialsBinding: "credentials_bindings",
    Infrastructure: "infrastructures",
    Worker: "workers",
    ControlPlane: "control_planes",
    Cluster: "clusters",
    BackupBucket: "backup_buckets",
    BackupEntry: "backup_entries",
    CloudProfileConfig: "cloud_profile_configs",
    InfrastructureConfig: "infrastructure_configs",
    ControlPlaneConfig: "control_plane_configs",
    InfrastructureStatus: "infrastructure_statuses",
    WorkerStatus: "worker_statuses",
    BackupBucketConfig: "backup_bucket_configs",
}


def load_manifests(files: Sequence[str], stdin: BinaryIO | None = None) -> Manifests:
    """
    Return the objects in files, directories (their *.yaml, *.yml and *.json files, sorted) and `-`, standard input.

    A named file may be a pipe or a device; in a directory these are skipped, with a warning.

    Raises:
        ManifestError: something cannot be read or is invalid. Carries every problem found.
    """
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
        self._objects: dict[str, list[BaseModel]] = {}
        self._seen: dict[tuple[str, str | None, str], str] = {}
        self._ignored: dict[str, int] = {}

    def manifests(self) -> Manifests:
        """Return the collection, or raise everything that was wrong."""
        if self.problems:
            raise ManifestError(self.problems)
        warnings = tuple(
            Problem(kind, "", "NotSupported", f"is not used here; {_count(count)} skipped", "")
            for kind, count in self._ignored.items()
        )
        objects: dict[str, Any] = {field: tuple(found) for field, found in self._objects.items()}
        return Manifests(**objects, warnings=(*warnings, *self._odd_fields), skipped=tuple(self.skipped))

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
        """Take in one object."""
        problems = check_type(data, source)
        kind = data.get("kind")
        if problems:
            self.problems += problems
            return
        if kind not in KINDS:
            label = show_name(str(kind))
            self._ignored[label] = self._ignored.get(label, 0) + 1
            return
        model, problems = read_object(data, source)
        if self.may_have_placeholders:
            placeholders = check_placeholders(data, source)
            named = {problem.path for problem in placeholders}
            problems = [*placeholders, *(problem for problem in problems if problem.path not in named)]
        odd_fields = check_fields(data, source, problems)
        self.problems += explain_missing(problems, odd_fields)
        self._odd_fields += odd_fields
        if model is None:
            return
        if isinstance(model, ApiObject):
            self._check_duplicate(model, object_label(data, source), source)
        self._objects.setdefault(_FIELDS[type(model)], []).append(model)

    def _check_duplicate(self, model: ApiObject, label: str, source: str) -> None:
        """Note a problem if an object of the same kind, namespace and name was there before."""
        key = (model.kind, model.metadata.namespace, model.metadata.name)
        if key in self._seen:
            detail = f"defined twice: in {self._seen[key]} and in {source}"
            self.problems.append(Problem(label, "metadata.name", "Duplicate", detail, "keep one of them"))
        self._seen[key] = source


def _count(count: int) -> str:
    """Return `1 object` or `n objects`."""
    return "1 object" if count == 1 else f"{count} objects"

"""
Rules for a Shoot as a whole, and for a Project.

Source: gardener pkg/api/core/validation (shoot.go, project.go) and plugin/pkg/shoot/validator/admission.go, read
2026-11.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from provisioner.api.alicloud_v1alpha1 import PROVIDER_TYPE
from provisioner.api.core_v1beta1 import CloudProfile, Networking, Project, Shoot, ShootKubernetes
from provisioner.api.core_v1beta1.shoot import ShootSpec
from provisioner.api.projects import can_be_technical_id, project_name
from provisioner.api.regions import check_region
from provisioner.api.text import show
from provisioner.api.unread import Unread
from provisioner.errors import Problem
from provisioner.gardener.versions import read_version
from provisioner.ids import is_region
from provisioner.validation.cloud_profile import check_profile_region
from provisioner.validation.findings import Rule, Subject
from provisioner.validation.names import (
    LABEL_LENGTH,
    check_gardener_name,
    check_label,
    check_uid,
    is_label,
    is_label_value,
)

_LONGEST_NAMES = 21
_LONGEST_PROJECT_NAME = 10
_WITHOUT_OLDER_FIELDS = (1, 34)
"""The first minor version of Kubernetes whose shoots can have neither secretBindingName nor cloudProfileName."""
_PROFILE_KINDS = ("CloudProfile", "NamespacedCloudProfile")


@dataclass(eq=False, repr=False)
class ShootSubject(Subject):
    """A Shoot with its context."""

    shoot: Shoot
    profile: CloudProfile | None
    absent_profile: tuple[str, str]
    """The message and the fix if the profile is missing; empty where the profile's own problem says it."""
    root_profile: str | None
    """Name of the CloudProfile that its profile is or changes; None where the input does not say."""
    projects: tuple[Project, ...]
    unread: Unread
    now: datetime
    is_creation: bool
    """Whether neither a status nor an older form says that the shoot exists."""


@dataclass(eq=False, repr=False)
class ProjectSubject(Subject):
    """A Project."""

    project: Project


def check_name(subject: ShootSubject) -> Iterator[Problem]:
    """Yield a problem unless the name can be a part of names in the cloud."""
    yield from check_gardener_name(subject, "metadata.name", subject.shoot.metadata.name)


def check_provider(subject: ShootSubject) -> Iterator[Problem]:
    """Yield a problem unless the shoot is one on Alibaba Cloud, with an infrastructure if it has workers."""
    provider = subject.shoot.spec.provider
    if provider.type != PROVIDER_TYPE:
        detail = f"{show(provider.type)} is not a supported provider type"
        yield subject.problem("spec.provider.type", "NotSupported", detail, f"write {PROVIDER_TYPE}")
    if provider.workers and provider.infrastructure_config is None:
        fix = "add the InfrastructureConfig with networks.vpc and networks.zones"
        yield subject.problem("spec.provider.infrastructureConfig", "Required", "is required", fix)


def check_bindings(subject: ShootSubject) -> Iterator[Problem]:
    """Yield a problem if the shoot names both kinds of bindings, or one that its Kubernetes version does not take."""
    spec = subject.shoot.spec
    path = "spec.secretBindingName"
    if not spec.secret_binding_name or not spec.provider.workers:
        return
    if spec.credentials_binding_name:
        detail = "excludes spec.credentialsBindingName"
        yield subject.problem(path, "Forbidden", detail, "keep spec.credentialsBindingName alone")
    elif _is_without_older_fields(spec):
        detail = "has no place in a shoot of Kubernetes 1.34 or later"
        yield subject.problem(path, "Forbidden", detail, "use spec.credentialsBindingName")


def _is_without_older_fields(spec: ShootSpec) -> bool:
    version = read_version(spec.kubernetes.version) if spec.kubernetes else None
    return version is not None and version[:2] >= _WITHOUT_OLDER_FIELDS


def check_workerless(subject: ShootSubject) -> Iterator[Problem]:
    """Yield a problem for each field of a Shoot without workers that only a Shoot with workers can have."""
    spec = subject.shoot.spec
    if spec.provider.workers:
        return
    networking, kubernetes = spec.networking or Networking(), spec.kubernetes or ShootKubernetes()
    for path, value in (
        ("spec.provider.infrastructureConfig", spec.provider.infrastructure_config),
        ("spec.provider.controlPlaneConfig", spec.provider.control_plane_config),
        ("spec.provider.workersSettings", spec.provider.workers_settings),
        ("spec.networking.type", networking.type),
        ("spec.networking.pods", networking.pods),
        ("spec.networking.nodes", networking.nodes),
        ("spec.networking.providerConfig", networking.provider_config),
        ("spec.kubernetes.kubelet", kubernetes.kubelet),
        ("spec.kubernetes.kubeProxy", kubernetes.kube_proxy),
        ("spec.kubernetes.kubeScheduler", kubernetes.kube_scheduler),
        ("spec.kubernetes.clusterAutoscaler", kubernetes.cluster_autoscaler),
        ("spec.kubernetes.verticalPodAutoscaler", kubernetes.vertical_pod_autoscaler),
        ("spec.addons", spec.addons),
        ("spec.systemComponents", spec.system_components),
        ("spec.secretBindingName", spec.secret_binding_name),
        ("spec.credentialsBindingName", spec.credentials_binding_name),
    ):
        if value is not None:
            detail = "has no place in a Shoot without workers, which has neither machines nor infrastructure"
            yield subject.problem(path, "Forbidden", detail, "remove it, or add workers")


def check_networking_is_there(subject: ShootSubject) -> Iterator[Problem]:
    """
    Yield a problem if a Shoot with workers has no network plugin, none that can be one, or no range of nodes.

    Source: gardener pkg/api/core/validation/shoot.go (validateNetworking); gardener-extension-provider-alicloud
    pkg/apis/alicloud/validation/shoot.go (ValidateNetworking), read 2026-11.
    """
    spec = subject.shoot.spec
    if not spec.provider.workers:
        return
    if spec.networking is None:
        fix = "add type and nodes, and the ranges of pods and services"
        yield subject.problem("spec.networking", "Required", "is required in a Shoot with workers", fix)
        return
    type = spec.networking.type
    if not type:
        yield subject.problem("spec.networking.type", "Required", "is required in a Shoot with workers", "write calico")
    elif "/" in type or not is_label_value(type):
        detail = f"{show(type)} cannot be the name of a network plugin: it becomes the key of a label"
        yield subject.problem("spec.networking.type", "Invalid", detail, "write calico or cilium")
    if spec.networking.nodes is None:
        fix = "give the range that holds the ranges of all zones"
        yield subject.problem("spec.networking.nodes", "Required", "is required in a Shoot with workers", fix)


def check_name_length(subject: ShootSubject) -> Iterator[Problem]:
    """
    Yield a problem if the names of shoot and project together have more than 21 characters.

    Source: gardener plugin/pkg/shoot/validator/admission.go (validateNameLength), at creation alone; read 2026-11.
    """
    project, name = project_name(subject.shoot, subject.projects), subject.shoot.metadata.name
    # A name that is none, or makes too long a technical ID, is a problem of its own.
    if not project or not is_label(name) or len(f"shoot--{project}--{name}") > LABEL_LENGTH:
        return
    length = len(project) + len(name)
    if length > _LONGEST_NAMES:
        detail = f"{show(name)} and the project's name {show(project)} have {length} characters together"
        detail += f", the limit is {_LONGEST_NAMES}"
        yield subject.problem("metadata.name", "TooLong", detail, "choose a shorter name")


def check_cloud_profile(subject: ShootSubject) -> Iterator[Problem]:
    """Yield a problem if the shoot names no CloudProfile or NamespacedCloudProfile, or one that is not in the input."""
    spec = subject.shoot.spec
    path = (
        "spec.cloudProfileName" if spec.cloud_profile is None and spec.cloud_profile_name else "spec.cloudProfile.name"
    )
    detail, fix = subject.absent_profile
    if detail:
        yield subject.problem(path, "Required", detail, fix)


def has_known_profile_kind(shoot: Shoot) -> bool:
    """Return whether a Shoot names a profile of a kind that exists; an empty one is the API server's default."""
    return shoot.spec.cloud_profile is None or shoot.spec.cloud_profile.kind in ("", *_PROFILE_KINDS)


def check_cloud_profile_reference(subject: ShootSubject) -> Iterator[Problem]:
    """
    Yield a problem if the profile is of another kind, or named in a field that its Kubernetes version does not take.

    Source: gardener pkg/api/core/validation/shoot.go (ValidateCloudProfileReference), read 2026-11.
    """
    spec = subject.shoot.spec
    if not has_known_profile_kind(subject.shoot) and spec.cloud_profile is not None:
        detail = f"{show(spec.cloud_profile.kind)} is not a kind of profile"
        yield subject.problem("spec.cloudProfile.kind", "NotSupported", detail, f"write {' or '.join(_PROFILE_KINDS)}")
    # The API server takes away an existing shoot's older field that says the same.
    if not subject.is_new and spec.cloud_profile_name == subject.shoot.cloud_profile_name:
        return
    if spec.cloud_profile_name and _is_without_older_fields(spec):
        detail = "has no place in a shoot of Kubernetes 1.34 or later"
        yield subject.problem("spec.cloudProfileName", "Forbidden", detail, "use spec.cloudProfile.name")


def check_node_limit(subject: ShootSubject) -> Iterator[Problem]:
    """
    Yield a problem if the pools need more machines at least than the CloudProfile allows for a shoot.

    Source: gardener plugin/pkg/shoot/validator/admission.go (validateMaxNodesTotal), read 2026-11.
    """
    limits = subject.profile.spec.limits if subject.profile else None
    least = sum(worker.minimum for worker in subject.shoot.spec.provider.workers)
    if limits is not None and limits.max_nodes_total is not None and least > limits.max_nodes_total:
        detail = f"the pools have at least {least} machines together, and the CloudProfile's limit is"
        detail += f" {limits.max_nodes_total}"
        yield subject.problem("spec.provider.workers", "Forbidden", detail, "lower the minimum of a pool")


def check_shoot_region(subject: ShootSubject) -> Iterator[Problem]:
    """Yield a problem if the region is invalid, or the CloudProfile does not have it."""
    region = subject.shoot.spec.region
    yield from check_region(subject.label, "spec.region", region)
    if is_region(region) and subject.profile is not None:
        yield from check_profile_region(subject, "spec.region", region, subject.profile)


def check_identity(subject: ShootSubject) -> Iterator[Problem]:
    """
    Yield a problem unless the technical ID is known or can be derived, and can be a part of names and paths.

    Source: gardener pkg/utils/gardener/shoot.go (ComputeTechnicalID), read 2026-07.
    """
    shoot = subject.shoot
    status = shoot.status
    if status is not None and status.technical_id:
        yield from check_label(subject, "status.technicalID", status.technical_id)
        if not can_be_technical_id(status.technical_id):
            detail = f"{show(status.technical_id)} is the namespace of no single shoot"
            yield subject.problem("status.technicalID", "Invalid", detail, "give the status as the garden has it")
    elif not project_name(shoot, subject.projects):
        namespace = shoot.metadata.namespace
        reason = f"namespace {show(namespace)} is not that of a known project" if namespace else "there is no namespace"
        detail = f"the technical ID cannot be derived: {reason}"
        fix = "set status.technicalID, use namespace garden-<project>, or add the Project"
        if not subject.unread.may_have("Project"):
            yield subject.problem("metadata.namespace", "Required", detail, fix)
    else:
        if shoot.metadata.namespace is not None:
            yield from check_label(subject, "metadata.namespace", shoot.metadata.namespace)
        technical_id = f"shoot--{project_name(shoot, subject.projects)}--{shoot.metadata.name}"
        if len(technical_id) > LABEL_LENGTH >= len(shoot.metadata.name):
            detail = f"the technical ID {show(technical_id)} has {len(technical_id)} characters"
            fix = "choose a shorter name for the shoot or the project"
            yield subject.problem("metadata.name", "TooLong", f"{detail}, the limit is {LABEL_LENGTH}", fix)
    if status is not None:
        yield from check_uid(subject, "status.uid", status.uid)
    yield from check_uid(subject, "metadata.uid", shoot.metadata.uid)


def check_project_name(subject: ProjectSubject) -> Iterator[Problem]:
    """Yield a problem unless the project's name can be a part of a technical ID."""
    yield from check_gardener_name(subject, "metadata.name", subject.project.metadata.name)


def check_project_name_length(subject: ProjectSubject) -> Iterator[Problem]:
    """Yield a problem if the project's name has more than 10 characters."""
    name = subject.project.metadata.name
    # Beyond the length of a label there is a problem already.
    if _LONGEST_PROJECT_NAME < len(name) <= LABEL_LENGTH:
        detail = f"{show(name)} has {len(name)} characters, the limit is {_LONGEST_PROJECT_NAME}"
        yield subject.problem("metadata.name", "TooLong", detail, "choose a shorter name")


SHOOT_RULES: tuple[Rule[ShootSubject], ...] = (
    Rule(check_name, in_schema="yes"),
    Rule(check_provider, in_schema="yes"),
    # An API server has checked existing objects.
    Rule(check_bindings, in_schema="fields", is_beyond_gardener=True),
    Rule(check_workerless, in_schema="yes", is_beyond_gardener=True),
    Rule(check_networking_is_there, in_schema="yes", is_beyond_gardener=True),
    Rule(check_name_length, in_schema="objects", is_beyond_gardener=True),
    Rule(check_cloud_profile, in_schema="objects"),
    # Existing shoots may have got there before.
    Rule(check_cloud_profile_reference, in_schema="fields", is_beyond_gardener=True),
    Rule(check_node_limit, in_schema="objects", is_beyond_gardener=True),
    Rule(check_shoot_region, in_schema="objects"),
    Rule(check_identity, in_schema="objects"),
)


PROJECT_RULES: tuple[Rule[ProjectSubject], ...] = (
    Rule(check_project_name, in_schema="yes"),
    # An API server has checked the project of an existing shoot.
    Rule(check_project_name_length, in_schema="yes", is_beyond_gardener=True),
)

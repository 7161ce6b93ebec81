"""
Rules for Infrastructure and Worker as objects; `infrastructure` and `pools` have those that a Shoot shares.

Source: gardener pkg/api/extensions/validation (infrastructure.go, worker.go) and docs/extensions/resources, read
2026-11.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from provisioner.api.alicloud_v1alpha1 import PROVIDER_TYPE
from provisioner.api.core_v1beta1 import CloudProfile, Secret
from provisioner.api.extensions_v1alpha1 import Cluster, Infrastructure, UserDataSecretReference, Worker
from provisioner.api.projects import can_be_technical_id
from provisioner.api.regions import check_region
from provisioner.api.text import show
from provisioner.api.unread import Unread
from provisioner.errors import Problem
from provisioner.gardener.machine_access import MOST_USER_DATA_BYTES
from provisioner.ids import is_region
from provisioner.validation.cloud_profile import check_profile_region
from provisioner.validation.findings import Rule, Subject
from provisioner.validation.names import check_label, check_uid
from provisioner.validation.secrets import judge_public_key


@dataclass(eq=False, repr=False)
class ExtensionSubject(Subject):
    """An Infrastructure or a Worker with its context."""

    item: Infrastructure | Worker
    cluster: Cluster | None
    profile: CloudProfile | None
    needs_profile: bool
    """Whether it needs a CloudProfile: a Worker's images come from it."""
    secrets: dict[str, Secret]
    """Secrets that the pools' user data refers to, by name; those in the input."""
    absent_secrets: dict[str, str]
    """The messages for missing ones, by name."""
    unread: Unread


@dataclass(eq=False, repr=False)
class ClusterSubject(Subject):
    """A Cluster."""

    cluster: Cluster


def check_cluster_identity(subject: ClusterSubject) -> Iterator[Problem]:
    """
    Yield a problem unless the Cluster's shoot has a technical ID, in its status or as the Cluster's own name.

    Source: gardener docs/extensions/resources/worker.md (self-hosted shoots) and pkg/extensions/cluster.go, read
    2026-11.
    """
    shoot, name = subject.cluster.spec.shoot, subject.cluster.metadata.name
    status = shoot.status
    path = "spec.shoot.status.technicalID"
    technical_id = status.technical_id if status else None
    if technical_id:
        yield from check_label(subject, path, technical_id)
    if not can_be_technical_id(technical_id or name):
        detail = f"is required: {show(technical_id or name)} is the namespace of no single shoot"
        yield subject.problem(path, "Required", detail, "give the status of the Shoot as its garden has it")
    if status is not None:
        yield from check_uid(subject, "spec.shoot.status.uid", status.uid)
    yield from check_uid(subject, "spec.shoot.metadata.uid", shoot.metadata.uid)


def check_object(subject: ExtensionSubject) -> Iterator[Problem]:
    """Yield a problem unless type, name and namespace are usable: the namespace is the shoot's technical ID."""
    item = subject.item
    if item.spec.type != PROVIDER_TYPE:
        detail = f"{show(item.spec.type)} is not a supported provider type"
        yield subject.problem("spec.type", "NotSupported", detail, f"write {PROVIDER_TYPE}")
    yield from check_label(subject, "metadata.name", item.metadata.name)
    if item.metadata.namespace is not None:
        yield from check_label(subject, "metadata.namespace", item.metadata.namespace)
    elif subject.cluster is None and not subject.unread.may_have("Cluster"):
        fix = "give the namespace on the seed, or add the Cluster"
        yield subject.problem("metadata.namespace", "Required", "the technical ID is not known without it", fix)
    if subject.cluster is None and not can_be_technical_id(item.metadata.namespace or ""):
        detail = f"the technical ID is not known: {show(item.metadata.namespace)} is the namespace of no single shoot"
        fix = "add the Cluster with the technicalID in its shoot's status"
        if not subject.unread.may_have("Cluster"):
            yield subject.problem("metadata.namespace", "Required", detail, fix)


def check_item_region(subject: ExtensionSubject) -> Iterator[Problem]:
    """Yield a problem if the region is invalid, not the CloudProfile's, or not the shoot's."""
    region = subject.item.spec.region
    yield from check_region(subject.label, "spec.region", region)
    if not is_region(region):
        return
    if subject.profile is not None:
        yield from check_profile_region(subject, "spec.region", region, subject.profile)
    shoots_region = subject.cluster.spec.shoot.spec.region if subject.cluster else ""
    if shoots_region and shoots_region != region:
        detail = f"{show(region)} is not the shoot's region {show(shoots_region)}"
        yield subject.problem("spec.region", "Invalid", detail, "they must be the same")


def check_config_is_there(subject: ExtensionSubject) -> Iterator[Problem]:
    """Yield a problem if an Infrastructure has no InfrastructureConfig."""
    if isinstance(subject.item, Infrastructure) and subject.item.spec.provider_config is None:
        fix = "add the InfrastructureConfig with networks.vpc and networks.zones"
        yield subject.problem("spec.providerConfig", "Required", "is required", fix)


def check_pools_are_there(subject: ExtensionSubject) -> Iterator[Problem]:
    """
    Yield a problem if a Worker does not say which pools it has, not even that it has none.

    Source: gardener pkg/apis/extensions/v1alpha1/types_worker.go, where `pools` is no optional field, read 2026-11.
    """
    item = subject.item
    if isinstance(item, Worker) and "pools" not in item.spec.model_fields_set:
        yield subject.problem("spec.pools", "Required", "is required", "list the worker pools")


def check_profile_is_there(subject: ExtensionSubject) -> Iterator[Problem]:
    """Yield a problem if a Worker's images cannot be resolved because there is no CloudProfile."""
    if subject.needs_profile and subject.profile is None:
        namespace = subject.item.metadata.namespace
        where = f"Cluster {show(namespace)} is not in the input" if namespace else "there is no Cluster in the input"
        detail = f"{where}, so the CloudProfile with the image ids is not known"
        yield subject.problem("metadata.namespace", "Required", detail, "add the Cluster, or exactly one CloudProfile")


def check_public_key(subject: ExtensionSubject) -> Iterator[Problem]:
    """Yield a problem if an Infrastructure's SSH public key is invalid."""
    item = subject.item
    if isinstance(item, Infrastructure) and item.spec.ssh_public_key:
        yield from judge_public_key(subject, "spec.sshPublicKey", item.spec.ssh_public_key)


def check_infrastructure_status(subject: ExtensionSubject) -> Iterator[Problem]:
    """
    Yield a problem if a Worker's infrastructure has no security group for nodes, or one of its parts has no id.

    Source: gardener-extension-provider-alicloud pkg/controller/worker/machines.go, read 2026-11.
    """
    status = subject.item.spec.infrastructure_provider_status if isinstance(subject.item, Worker) else None
    if status is None:
        return
    path, vpc = "spec.infrastructureProviderStatus.vpc", status.vpc
    groups = [group for group in vpc.security_groups if group.purpose == "nodes"]
    if not groups:
        fix = "copy the status of the Infrastructure when it is there"
        yield subject.problem(f"{path}.securityGroups", "Required", "there is none for nodes", fix)
    elif not groups[0].id:
        place = f"{path}.securityGroups[{vpc.security_groups.index(groups[0])}].id"
        yield subject.problem(place, "Required", "must not be empty")
    for index, vswitch in enumerate(vpc.vswitches):
        if vswitch.purpose == "nodes" and not vswitch.id:
            yield subject.problem(f"{path}.vswitches[{index}].id", "Required", "must not be empty")


def check_user_data_is_there(subject: ExtensionSubject) -> Iterator[Problem]:
    """Yield a problem for each pool whose user data refers to a Secret that is not in the input."""
    for path, reference in _user_data_references(subject.item):
        if reference.name in subject.absent_secrets:
            yield subject.problem(f"{path}.name", "Required", subject.absent_secrets[reference.name], "add it")


def check_user_data(subject: ExtensionSubject) -> Iterator[Problem]:
    """Yield a problem for each pool whose user data refers to a key that its Secret lacks or has too much under."""
    for path, reference in _user_data_references(subject.item):
        secret = subject.secrets.get(reference.name)
        if secret is not None and not secret.decoded(reference.key):
            detail = f"Secret {show(reference.name)} has nothing under {show(reference.key)}"
            yield subject.problem(f"{path}.key", "Required", detail, "add the user data")
        elif secret is not None and len(secret.decoded(reference.key) or b"") > MOST_USER_DATA_BYTES:
            detail = f"Secret {show(reference.name)} has more than {MOST_USER_DATA_BYTES} bytes there"
            detail += ", the most that a machine takes"
            yield subject.problem(f"{path}.key", "TooLong", detail, "load the rest when the machine starts")


def _user_data_references(item: Infrastructure | Worker) -> Iterator[tuple[str, UserDataSecretReference]]:
    """Yield each reference of a Worker to user data, and its path."""
    for index, pool in enumerate(item.spec.pools if isinstance(item, Worker) else ()):
        if pool.user_data_secret_ref is not None:
            yield f"spec.pools[{index}].userDataSecretRef", pool.user_data_secret_ref


CLUSTER_RULES: tuple[Rule[ClusterSubject], ...] = (Rule(check_cluster_identity, in_schema="fields"),)

EXTENSION_RULES: tuple[Rule[ExtensionSubject], ...] = (
    Rule(check_object, in_schema="partly"),
    Rule(check_item_region, in_schema="objects"),
    Rule(check_config_is_there, in_schema="yes"),
    Rule(check_pools_are_there, in_schema="yes"),
    Rule(check_profile_is_there, in_schema="objects"),
    Rule(check_public_key, in_schema="computed"),
    Rule(check_infrastructure_status, in_schema="partly"),
    Rule(check_user_data_is_there, in_schema="objects", is_note=True),
    Rule(check_user_data, in_schema="objects"),
)

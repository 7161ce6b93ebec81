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
from provisioner.api.extensions_v1alpha1 import Cluster, Infrastructure, Worker
from provisioner.api.regions import check_region
from provisioner.api.text import show
from provisioner.errors import Problem
from provisioner.ids import is_region
from provisioner.validation.cloud_profile import check_profile_region
from provisioner.validation.findings import Rule, Subject
from provisioner.validation.names import check_label
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


def check_object(subject: ExtensionSubject) -> Iterator[Problem]:
    """Yield a problem unless type, name and namespace are usable: the namespace is the shoot's technical ID."""
    item = subject.item
    if item.spec.type != PROVIDER_TYPE:
        detail = f"{show(item.spec.type)} is not a supported provider type"
        yield subject.problem("spec.type", "NotSupported", detail, f"write {PROVIDER_TYPE}")
    yield from check_label(subject, "metadata.name", item.metadata.name)
    if item.metadata.namespace is not None:
        yield from check_label(subject, "metadata.namespace", item.metadata.namespace)
    elif subject.cluster is None:
        fix = "give the namespace on the seed, or add the Cluster"
        yield subject.problem("metadata.namespace", "Required", "the technical ID is not known without it", fix)


def check_item_region(subject: ExtensionSubject) -> Iterator[Problem]:
    """Yield a problem if the region is invalid, not the CloudProfile's, or not the shoot's."""
    region = subject.item.spec.region
    yield from check_region(subject.label, "spec.region", region)
    if not is_region(region):
        return
    if subject.profile is not None:
        yield from check_profile_region(subject, "spec.region", region, subject.profile)
    if subject.cluster is not None and subject.cluster.spec.shoot.spec.region != region:
        detail = f"{show(region)} is not the shoot's region {show(subject.cluster.spec.shoot.spec.region)}"
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


def check_user_data(subject: ExtensionSubject) -> Iterator[Problem]:
    """Yield a problem for each pool whose user data refers to a Secret or key that is not in the input."""
    if not isinstance(subject.item, Worker):
        return
    for index, pool in enumerate(subject.item.spec.pools):
        reference = pool.user_data_secret_ref
        if reference is None:
            continue
        path = f"spec.pools[{index}].userDataSecretRef"
        secret = subject.secrets.get(reference.name)
        if secret is None:
            yield subject.problem(f"{path}.name", "Required", subject.absent_secrets[reference.name], "add it")
        elif not secret.decoded(reference.key):
            detail = f"Secret {show(reference.name)} has nothing under {show(reference.key)}"
            yield subject.problem(f"{path}.key", "Required", detail, "add the user data")


EXTENSION_RULES: tuple[Rule[ExtensionSubject], ...] = (
    Rule(check_object, in_schema="partly"),
    Rule(check_item_region, in_schema="objects"),
    Rule(check_config_is_there, in_schema="yes"),
    Rule(check_pools_are_there, in_schema="yes"),
    Rule(check_profile_is_there, in_schema="objects"),
    Rule(check_public_key, in_schema="computed"),
    Rule(check_user_data, in_schema="objects"),
)

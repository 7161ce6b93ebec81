"""
Rules for the way from an object to its credentials.

Source: gardener pkg/apis/core/v1beta1/types_secretbinding.go, pkg/apis/security/v1alpha1/types_credentialsbinding.go
and docs/extensions/resources/infrastructure.md (secretRef), read 2026-11.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from provisioner.api.alicloud_v1alpha1 import PROVIDER_TYPE
from provisioner.api.bindings import CredentialsBinding, SecretBinding
from provisioner.api.collection import Manifests
from provisioner.api.core_v1beta1 import Secret, Shoot
from provisioner.api.extensions_v1alpha1 import Infrastructure, Worker
from provisioner.api.projects import technical_id_of
from provisioner.api.secret_names import CREDENTIALS_SECRET
from provisioner.api.text import show_list
from provisioner.errors import Problem
from provisioner.validation.findings import Rule, Subject

_KINDS_ON_THE_WAY = ("Secret", "InternalSecret", "SecretBinding", "CredentialsBinding")


@dataclass(eq=False, repr=False)
class CredentialsSubject(Subject):
    """The credentials of an object."""

    path: str
    """Where the object refers to them."""
    binding: SecretBinding | CredentialsBinding | None
    """A Shoot's binding, if the input has it."""
    secret: Secret | None
    absent_secret: str
    """The message if it is missing; empty where nothing more can be told."""


def shoot_credentials(manifests: Manifests, shoot: Shoot) -> CredentialsSubject:
    """Return the credentials of a Shoot: behind its binding, else in the Secret beside it or on its seed."""
    binding, namespace = manifests.binding_of(shoot), shoot.metadata.namespace
    if binding is None:
        secret = manifests.secret(CREDENTIALS_SECRET, namespace)
        if secret is None:
            secret = manifests.secret(CREDENTIALS_SECRET, technical_id_of(shoot, manifests.projects))
        absent = "" if secret else manifests.describe_absent_secret(CREDENTIALS_SECRET, namespace)
    else:
        secret, absent = manifests.secret_behind(binding), manifests.describe_absent_behind(binding)
    if (binding is not None and not binding.has_access_key) or _is_one_unread(manifests):
        absent = ""
    return CredentialsSubject(shoot.reference, shoot.status is None, shoot.binding_path, binding, secret, absent)


def extension_credentials(manifests: Manifests, item: Infrastructure | Worker) -> CredentialsSubject:
    """Return the credentials of an Infrastructure or a Worker."""
    reference = item.spec.secret_ref
    name, place = reference.name or CREDENTIALS_SECRET, reference.namespace or item.metadata.namespace
    absent = "" if _is_one_unread(manifests) else manifests.describe_absent_secret(name, place)
    secret = manifests.secret(name, place)
    return CredentialsSubject(item.reference, item.status is None, "spec.secretRef", None, secret, absent)


def _is_one_unread(manifests: Manifests) -> bool:
    return any(manifests.unread.may_have(kind) for kind in _KINDS_ON_THE_WAY)


def check_binding(subject: CredentialsSubject) -> Iterator[Problem]:
    """Yield a problem if a Shoot's binding is one of another cloud, or leads to something without an access key."""
    binding = subject.binding
    if binding is None:
        return
    if PROVIDER_TYPE not in binding.provider_types:
        detail = f"{binding.reference} is for provider type {show_list(sorted(binding.provider_types))}"
        yield subject.problem(subject.path, "NotSupported", detail, f"name a binding of type {PROVIDER_TYPE}")
    elif not binding.has_access_key:
        detail = f"{binding.reference} leads to a {binding.credentials.kind}: a run needs an access key"
        fix = "point it to a Secret or an InternalSecret with accessKeyID and accessKeySecret"
        yield subject.problem(subject.path, "NotSupported", detail, fix)


def check_credentials_are_there(subject: CredentialsSubject) -> Iterator[Problem]:
    """Yield a problem if the Secret with the credentials is not in the input, nor an access key in the environment."""
    if subject.secret is None and subject.absent_secret:
        fix = "add it with accessKeyID and accessKeySecret, or set ALICLOUD_ACCESS_KEY and ALICLOUD_SECRET_KEY"
        yield subject.problem(subject.path, "Required", f"no credentials: {subject.absent_secret}", fix)


CREDENTIALS_RULES: tuple[Rule[CredentialsSubject], ...] = (
    # Without them a run can do nothing for a running shoot either.
    Rule(check_binding, in_schema="objects"),
    Rule(check_credentials_are_there, in_schema="objects", is_note=True),
)

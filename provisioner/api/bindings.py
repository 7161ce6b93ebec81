"""
SecretBinding of core.gardener.cloud/v1beta1 and CredentialsBinding of security.gardener.cloud/v1alpha1.

They lead from a Shoot to its credentials. Source: gardener pkg/apis/core/v1beta1 and pkg/apis/security/v1alpha1, read
2026-11.
"""

from provisioner.api.alicloud_v1alpha1 import PROVIDER_TYPE
from provisioner.api.core_v1beta1 import API_VERSION as CORE_VERSION
from provisioner.api.model import ApiObject, TolerantModel

SECURITY_VERSION = "security.gardener.cloud/v1alpha1"


class CredentialsReference(TolerantModel):
    """The credentials that a CredentialsBinding leads to."""

    api_version: str = "v1"
    """`v1`, or the group and version of the other kinds."""
    kind: str = "Secret"
    """Secret, InternalSecret or WorkloadIdentity."""
    name: str
    """Name of the credentials."""
    namespace: str | None = None
    """Namespace of the credentials; unset means the binding's."""


class BoundSecret(TolerantModel):
    """The Secret that a SecretBinding leads to."""

    name: str
    """Name of the Secret."""
    namespace: str | None = None
    """Namespace of the Secret; unset means the binding's."""


class BindingProvider(TolerantModel):
    """The kind of cloud that credentials are for."""

    type: str = ""
    """`alicloud`; a SecretBinding may have several, with commas between them."""


class _Binding(ApiObject):
    """What both kinds of bindings have."""

    provider: BindingProvider | None = None
    """The kind of cloud."""

    @property
    def provider_types(self) -> set[str]:
        """The kinds of cloud that the credentials are for; one that does not say it is for ours."""
        return {name.strip() for name in self.provider.type.split(",")} if self.provider else {PROVIDER_TYPE}

    @property
    def credentials(self) -> CredentialsReference:
        """The credentials that it leads to."""
        raise NotImplementedError

    @property
    def has_access_key(self) -> bool:
        """Whether it leads to something that has an access key."""
        return self.credentials.kind in ("Secret", "InternalSecret")


class SecretBinding(_Binding):
    """The target of a Shoot's `secretBindingName`: names the Secret, in any namespace, with the credentials."""

    api_version: str = CORE_VERSION
    """Always `core.gardener.cloud/v1beta1`."""
    kind: str = "SecretBinding"
    """Always `SecretBinding`."""
    secret_ref: BoundSecret
    """The Secret."""

    @property
    def credentials(self) -> CredentialsReference:
        """The credentials that it leads to."""
        return CredentialsReference(name=self.secret_ref.name, namespace=self.secret_ref.namespace)


class CredentialsBinding(_Binding):
    """The target of a Shoot's `credentialsBindingName`: names credentials in any namespace."""

    api_version: str = SECURITY_VERSION
    """Always `security.gardener.cloud/v1alpha1`."""
    kind: str = "CredentialsBinding"
    """Always `CredentialsBinding`."""
    credentials_ref: CredentialsReference
    """The credentials."""

    @property
    def credentials(self) -> CredentialsReference:
        """The credentials that it leads to."""
        return self.credentials_ref

"""The Secret of Kubernetes (v1), which Gardener's InternalSecret is made after."""

from collections.abc import Iterator

from pydantic import Field

from provisioner.api.core_v1beta1.version import API_VERSION
from provisioner.api.model import ApiObject, Base64Text, Mapping, decode_base64


class Secret(ApiObject):
    """Kubernetes' Secret. Its text form shows no value."""

    api_version: str = "v1"
    """Always `v1`."""
    kind: str = "Secret"
    """Always `Secret`."""
    type: str = "Opaque"
    """Type; without meaning here."""
    data: Mapping[Base64Text] = Field(default_factory=dict, repr=False)
    """Values, base64."""
    string_data: Mapping[str] = Field(default_factory=dict, repr=False)
    """Values as plain text; win over `data`."""

    def decoded(self, key: str) -> bytes | None:
        """Return the value under `key`, or None when the Secret has no such key."""
        if key in self.string_data:
            return self.string_data[key].encode()
        return decode_base64(self.data[key]) if key in self.data else None

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys it has a value for, sorted."""
        return tuple(sorted({*self.data, *self.string_data}))

    def __repr_args__(self) -> Iterator[tuple[str | None, object]]:
        """Yield name, namespace and keys only."""
        yield "name", self.metadata.name
        yield "namespace", self.metadata.namespace
        yield "keys", self.keys


class InternalSecret(Secret):
    """Gardener's Secret that no project member may read. Its text form shows no value."""

    api_version: str = API_VERSION
    """Always `core.gardener.cloud/v1beta1`."""
    kind: str = "InternalSecret"
    """Always `InternalSecret`."""

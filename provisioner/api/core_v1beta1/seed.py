"""The Seed: the cluster that runs control planes."""

from pydantic import Field

from provisioner.api.core_v1beta1.version import API_VERSION
from provisioner.api.model import ApiObject, Raw, TolerantModel


class SeedSpec(TolerantModel):
    """The part of a seed cluster that matters here."""

    provider: Raw | None = None
    """Where the seed runs."""


class Seed(ApiObject):
    """The cluster that runs control planes, as a Cluster has it."""

    api_version: str = API_VERSION
    """Always `core.gardener.cloud/v1beta1`."""
    kind: str = "Seed"
    """Always `Seed`."""
    spec: SeedSpec = Field(default_factory=SeedSpec)
    """Specification."""

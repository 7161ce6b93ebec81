"""The Seed as an object of its own. It is rare, so only an input that has one imports this."""

from typing import Any

from pydantic import model_validator

from provisioner.api.alicloud_v1alpha1 import PROVIDER_TYPE, BackupBucketConfig
from provisioner.api.core_v1beta1.seed import Seed, SeedSpec
from provisioner.api.model import Raw, TolerantModel


class SeedBackup(TolerantModel):
    """Where a seed keeps backups."""

    provider: str
    """The cloud of the bucket, not always the seed's own."""
    region: str | None = None
    """Region of the bucket; unset means the seed's."""
    provider_config: BackupBucketConfig | None = None
    """Write-once protection."""

    @model_validator(mode="before")
    @classmethod
    def _pass_over_other_clouds(cls, data: Any) -> Any:
        """Leave out a configuration that another cloud's extension reads."""
        if isinstance(data, dict) and data.get("provider") != PROVIDER_TYPE:
            return {name: value for name, value in data.items() if name != "providerConfig"}
        return data


class SeedManifestSpec(SeedSpec):
    """What is checked of a seed cluster that is given as an object of its own."""

    provider: Raw
    """Where the seed runs."""
    backup: SeedBackup | None = None
    """Where it keeps backups; unset: nowhere."""


class SeedManifest(Seed):
    """The cluster that runs control planes, as an object of its own. Its protection of backups is checked."""

    spec: SeedManifestSpec
    """Specification."""

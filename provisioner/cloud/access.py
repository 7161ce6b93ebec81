"""How to reach a cloud: the real one or any other that speaks its protocols. The product cannot tell them apart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from provisioner.cloud.endpoints import public_endpoint
from provisioner.ids import RegionId
from provisioner.place import REAL_CLOUD


@dataclass(frozen=True, slots=True)
class Credentials:
    """An access key of Alibaba Cloud, or the temporary credentials of a role. Text and repr show the key id alone."""

    access_key_id: str
    access_key_secret: str = field(repr=False)
    security_token: str = field(default="", repr=False)
    """Belongs to a temporary access key (`STS.…`), which is useless without it; empty for any other key."""

    def __str__(self) -> str:
        """Return the key id alone."""
        return self.access_key_id


@dataclass(frozen=True, slots=True)
class CloudAccess:
    """
    Where a run finds its cloud.

    `terraform_environment` is what the provider needs in terraform's environment (credentials, or the address of a
    provider that already runs); `provider_settings` go into the provider block and are no secrets.
    """

    credentials: Credentials
    oss_endpoint: str
    """For example `https://oss-eu-central-1.aliyuncs.com`."""
    oss_credentials: Credentials
    openapi_scheme: str = "https"
    openapi_endpoints: Mapping[str, str] = field(default_factory=dict)
    """Product (`ess`) to host and port; a product that is missing has its public endpoint."""
    terraform_environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    provider_executable: Path | None = None
    """The provider that the operator names; None for the one that terraform finds."""
    provider_endpoints: Mapping[str, str] = field(default_factory=dict)
    provider_protocol: Literal["HTTP", "HTTPS"] = "HTTPS"
    account_type: Literal["Domestic", "International"] | None = None
    skip_region_validation: bool = False
    kind: str = REAL_CLOUD
    """Which cloud it is: `REAL_CLOUD`, or the id of a sandbox."""


def real_access(credentials: Credentials, oss_credentials: Credentials, oss_region: RegionId) -> CloudAccess:
    """
    Return the access to the real Alibaba Cloud with explicit credentials.

    Raises:
        ManifestError: `oss_region` cannot be a region.
    """
    return CloudAccess(
        credentials=credentials,
        oss_endpoint=f"https://{public_endpoint('oss', oss_region)}",
        oss_credentials=oss_credentials,
        terraform_environment=credentials_environment(credentials),
    )


def credentials_environment(credentials: Credentials) -> dict[str, str]:
    """Return the credentials under the names that the provider reads (its schema, default_env)."""
    environment = {
        "ALICLOUD_ACCESS_KEY": credentials.access_key_id,
        "ALICLOUD_SECRET_KEY": credentials.access_key_secret,
        "ALICLOUD_SECURITY_TOKEN": credentials.security_token,
        "ALIBABA_CLOUD_ACCESS_KEY_ID": credentials.access_key_id,
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": credentials.access_key_secret,
        "ALIBABA_CLOUD_SECURITY_TOKEN": credentials.security_token,
    }
    return {name: value for name, value in environment.items() if value}

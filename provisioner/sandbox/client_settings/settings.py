"""The settings with which other programs work on a served sandbox."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

REGION = "eu-central-1"
"""The region of the examples; every other one exists as well."""
_LOOPBACK = ("127.0.0.1", "localhost")
_NAMED_OTHERWISE = ("location", "sts")
"""The provider reads the endpoint of STS only in its block; that of Location has a different name."""


@dataclass(frozen=True, slots=True)
class ClientSettings:
    """The settings of every client, each under the names that the client itself uses."""

    id: str
    """Which sandbox it is."""
    folder: Path
    """Absolute, like `ca_path`: the clients run in other folders."""
    openapi_url: str
    """Plain HTTP; the same port takes TLS."""
    oss_url: str
    """Plain HTTP; the same port takes TLS."""
    ca_path: Path
    products: Sequence[str]
    """Those that the OpenAPI's door answers for, by their keys in the provider's `endpoints`."""
    access_key_id: str
    access_key_secret: str = field(repr=False)
    bucket: str
    """For Terraform's own states; it exists."""
    reattach: Mapping[str, str]
    """The variable that makes terraform use the embedded provider."""
    no_proxy: str
    """The hosts that this machine's clients reach without a proxy already, separated by commas; may be empty."""

    @property
    def openapi_host(self) -> str:
        """Host and port of the OpenAPI endpoint, which is how most clients want it."""
        return urlsplit(self.openapi_url).netloc

    @property
    def environment(self) -> dict[str, str]:
        """
        Return environment variables by name.

        Source: the schema of aliyun/alicloud and its connectivity/endpoint.go, config/profile.go of the aliyun CLI,
        internal/backend/remote-state/oss of Terraform, and the Python packages `alibabacloud_credentials`,
        `aliyunsdkcore` and `oss2`, all read 2026-11.
        """
        key_id, secret = self.access_key_id, self.access_key_secret
        no_proxy = ",".join(dict.fromkeys([*filter(None, self.no_proxy.split(",")), *_LOOPBACK]))
        return {
            # terraform's provider and `oss` backend, the current SDKs, the aliyun CLI
            "ALICLOUD_ACCESS_KEY": key_id,
            "ALICLOUD_SECRET_KEY": secret,
            "ALIBABA_CLOUD_ACCESS_KEY_ID": key_id,
            "ALIBABA_CLOUD_ACCESS_KEY_SECRET": secret,
            "ALIYUN_ACCESS_KEY_ID": key_id,  # aliyunsdkcore
            "ALIYUN_ACCESS_KEY_SECRET": secret,
            "OSS_ACCESS_KEY_ID": key_id,  # oss2
            "OSS_ACCESS_KEY_SECRET": secret,
            "ALICLOUD_REGION": REGION,
            "ALIBABA_CLOUD_REGION_ID": REGION,  # the aliyun CLI
            "ALICLOUD_SKIP_REGION_VALIDATION": "true",
            # Unset, every start of the provider asks which it is.
            "ALIBABA_CLOUD_ACCOUNT_TYPE": "Domestic",
            **{
                f"ALIBABA_CLOUD_ENDPOINT_{product.upper()}": self.openapi_host
                for product in self.products
                if product not in _NAMED_OTHERWISE
            },
            "LOCATION_ENDPOINT": self.openapi_host,
            # The provider's OSS resources, the `oss` backend
            "OSS_ENDPOINT": self.oss_url,
            "SSL_CERT_FILE": str(self.ca_path),
            "ALIBABA_CLOUD_CA_BUNDLE": str(self.ca_path),
            "NO_PROXY": no_proxy,
            "no_proxy": no_proxy,
            **self.reattach,
        }

    @property
    def provider(self) -> dict[str, Any]:
        """
        Return the attributes of a `provider "alicloud"` block, which lead the unmodified provider here.

        They include the keys, so that the provider never sends a signature of the environment's account here.
        """
        return {
            "region": REGION,
            "access_key": self.access_key_id,
            "secret_key": self.access_key_secret,
            "protocol": "HTTP",
            "account_type": "Domestic",
            "skip_region_validation": True,
            "endpoints": {**dict.fromkeys(self.products, self.openapi_host), "oss": self.oss_url},
        }

    @property
    def backend(self) -> dict[str, Any]:
        """
        Return the attributes of a `backend "oss"` block.

        With the endpoint in it, the backend asks no location service; without a Tablestore table it takes no lock.
        """
        return {
            "bucket": self.bucket,
            "prefix": "terraform",
            "key": "terraform.tfstate",
            "region": REGION,
            "endpoint": self.oss_url,
            "access_key": self.access_key_id,
            "secret_key": self.access_key_secret,
            "encrypt": True,
        }

    @property
    def document(self) -> dict[str, Any]:
        """Return everything as one document."""
        return {
            "openapi": self.openapi_url,
            "oss": self.oss_url,
            "tls": {
                "openapi": over_tls(self.openapi_url),
                "oss": over_tls(self.oss_url),
                "ca": str(self.ca_path),
            },
            "id": self.id,
            "folder": str(self.folder),
            "region": REGION,
            "credentials": {
                "accessKeyID": self.access_key_id,
                "accessKeySecret": self.access_key_secret,
            },
            "environment": self.environment,
            "provider": self.provider,
            "backend": self.backend,
        }


def over_tls(url: str) -> str:
    """Return the URL of the same port over TLS."""
    return url.replace("http://", "https://", 1)

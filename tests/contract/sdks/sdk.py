"""One product's current official SDK for Python, pointed at the sandbox; it comes with the `test` extra."""

from __future__ import annotations

import importlib
from urllib.parse import urlsplit

import pytest

PRODUCTS = {
    "vpc": "alibabacloud_vpc20160428",
    "ecs": "alibabacloud_ecs20140526",
    "ess": "alibabacloud_ess20220222",
    "slb": "alibabacloud_slb20140515",
    "sts": "alibabacloud_sts20150401",
}
REGION, ZONE = "eu-central-1", "eu-central-1a"
ACCESS_KEY_ID, SECRET = "LTAIsdk", "the-secret"
# The SDKs import libraries that warn about Python's own deprecations, and keep connections for reuse until the end.
QUIET = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
"""The marks of every test that uses an SDK."""


class Sdk:
    """One product's SDK: actions by their name in snake_case, requests built by the SDK's own models."""

    def __init__(
        self,
        product,
        server,
        *,
        access_key_id=ACCESS_KEY_ID,
        secret=SECRET,
        protocol="http",
        ca=None,
        security_token=None,
    ):
        package = PRODUCTS[product]
        reason = f"{package.replace('_', '-')} is not installed: pip install 'provisioner[test]'"
        client = pytest.importorskip(f"{package}.client", reason=reason)
        self.models = importlib.import_module(f"{package}.models")
        models = importlib.import_module("alibabacloud_tea_openapi.utils_models")
        self.client = client.Client(
            models.Config(
                access_key_id=access_key_id,
                access_key_secret=secret,
                security_token=security_token,
                endpoint=urlsplit(server.url).netloc,
                region_id=REGION,
                protocol=protocol,
                ca=ca,
                read_timeout=10_000,
                connect_timeout=10_000,
            )
        )

    def __call__(self, action, **parameters):
        """Return the body of the answer to an action with these parameters (nested ones as plain dicts)."""
        method = getattr(self.client, action)
        name = "".join(part.capitalize() for part in action.split("_")) + "Request"
        by_lower = {known.lower(): known for known in vars(self.models)}
        request = getattr(self.models, by_lower[name.lower()])
        if "region_id" in vars(request()):
            parameters.setdefault("region_id", REGION)
        nested = {key: self._nested(request, key, value) for key, value in parameters.items()}
        return method(request(**nested)).body

    def pages(self, action, **parameters):
        """Return the first three pages of an action, two objects on each."""
        return [self(action, **parameters, page_number=number, page_size=2) for number in (1, 2, 3)]

    def refused(self, action, **parameters):
        """Return the SDK's exception of a call that is refused."""
        exceptions = importlib.import_module("alibabacloud_tea_openapi.exceptions")
        with pytest.raises(exceptions.AlibabaCloudException) as caught:
            self(action, **parameters)
        return caught.value

    def _nested(self, request, key, value):
        if isinstance(value, list) and value and isinstance(value[0], dict):
            return [self._nested(request, key, one) for one in value]
        if not isinstance(value, dict):
            return value
        return getattr(self.models, request.__name__ + "".join(part.capitalize() for part in key.split("_")))(**value)

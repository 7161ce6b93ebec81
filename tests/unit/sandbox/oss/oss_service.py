"""A served directory of the sandbox's OSS, seen with the official SDK and with plain HTTP."""

from __future__ import annotations

import base64
import hashlib
import http.client
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import oss2
import pytest

from provisioner.sandbox.oss import Server, serve_oss

SECRETS = {"alice": "alice-secret", "bob": "bob-secret"}
DAY = 86_400


class Service:
    """A served directory whose time can be moved on."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.offset = 0.0
        self.server: Server = serve_oss(
            path, SECRETS.get, lambda key: f"account-{key}", clock=lambda: time.time() + self.offset
        )

    def bucket(self, name: str = "bucket", key: str = "alice", secret: str | None = None) -> oss2.Bucket:
        return oss2.Bucket(oss2.Auth(key, secret or SECRETS[key]), self.server.url, name)

    def bucket_v4(self, name: str = "bucket", key: str = "alice", region: str = "cn-hangzhou") -> oss2.Bucket:
        # A provider auth and not AuthV4: both roads of the SDK are to be walked.
        credentials = oss2.StaticCredentialsProvider(key, SECRETS[key])
        return oss2.Bucket(oss2.ProviderAuthV4(credentials), self.server.url, name, region=region)

    def raw(self, method: str, target: str, body: bytes = b"", **headers: str) -> http.client.HTTPResponse:
        connection = http.client.HTTPConnection(urlsplit(self.server.url).netloc, timeout=5)
        try:
            connection.request(method, target, body, {name.replace("_", "-"): value for name, value in headers.items()})
            response = connection.getresponse()
            response.body = response.read()  # type: ignore[attr-defined]
            return response
        finally:
            connection.close()


def is_used_again(connection: http.client.HTTPConnection) -> bool:
    """Return whether a second request goes over the connection of the first."""
    with closing(connection):
        connection.request("GET", "/")
        connection.getresponse().read()
        first = connection.sock
        connection.request("GET", "/bucket/a")
        connection.getresponse().read()
        # Without any socket the server has closed the connection after each answer.
        return first is not None and connection.sock is first


def refusal(call: Callable[[], object]) -> tuple[int, str]:
    with pytest.raises(oss2.exceptions.ServerError) as caught:
        call()
    assert caught.value.request_id
    return caught.value.status, caught.value.code


def signed_v1(method: str, resource: str) -> dict[str, str]:
    """Sign by hand what the SDK refuses to send."""
    import hmac

    date = oss2.utils.http_date()
    text = f"{method}\n\n\n{date}\n{resource}".encode()
    digest = base64.b64encode(hmac.new(b"alice-secret", text, hashlib.sha1).digest()).decode()
    return {"Date": date, "Authorization": f"OSS alice:{digest}"}

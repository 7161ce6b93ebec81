"""The sandbox's HTTP door as the provider's clients use it, with the checks that every answer has to pass."""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import json
import ssl
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote, urlencode, urlsplit

from provisioner.sandbox.cloud import Cloud
from provisioner.sandbox.sandbox import open_cloud
from provisioner.sandbox.wire import Server, serve_cloud

VPC, ECS, ESS, SLB = "2016-04-28", "2014-05-26", "2014-08-28", "2014-05-15"
RAM, STS, BSS = "2015-05-01", "2015-04-01", "2017-12-14"
REGION = "eu-central-1"
ACCESS_KEY_ID, SECRET = "LTAIgotchas", "the-secret"
NO_REGION = {"RegionId": ""}
"""Some calls of the provider name none."""
NOT_YET = ("Incorrect", "Incorret", "VswitchStatusError", "OperationUnsupported.EipInBinding")
"""How codes begin that say: not in this state, try again."""

Shown = dict[str, Any]


class Door:
    """Calls the sandbox as the provider's clients do; `Tag__1__Key` stands for `Tag.1.Key`."""

    def __init__(self, server: Server) -> None:
        self._netloc = urlsplit(server.url).netloc
        self._ca = server.ca_path
        self._connections: dict[bool, http.client.HTTPConnection] = {}
        self.quickest: dict[str, float] = {}
        """The shortest time that an action took, in seconds."""

    def send(
        self,
        version: str,
        action: str,
        /,
        *,
        method: str = "POST",
        tls: bool = False,
        form: tuple[str, ...] = (),
        **given: Any,
    ) -> tuple[int, Shown]:
        """Return HTTP status and answer; the parameters in `form` go into the body, the others into the query."""
        parameters = {
            "Action": action,
            "Version": version,
            "RegionId": REGION,
            "Format": "JSON",
            "AccessKeyId": ACCESS_KEY_ID,
            "SignatureMethod": "HMAC-SHA1",
            "SignatureVersion": "1.0",
            "SignatureNonce": str(uuid.uuid4()),
            "Timestamp": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            **{name.replace("__", "."): str(value) for name, value in given.items()},
        }
        parameters["Signature"] = signature(method, parameters)
        body = {name: parameters.pop(name) for name in form}
        connection = self._connection(tls)
        started = time.monotonic()
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        connection.request(method, f"/?{urlencode(parameters)}", urlencode(body) or None, headers)
        answer = connection.getresponse()
        status, document = answer.status, json.loads(answer.read())
        took = time.monotonic() - started
        self.quickest[action] = min(took, self.quickest.get(action, took))
        assert isinstance(document, dict)
        assert document["RequestId"]
        assert status < 500, document
        if status == 200:
            # The provider takes these for an error, or panics over them.
            assert not {"Code", "code", "StatusCode"} & document.keys()
            assert document.get("Success", True) is True
        else:
            # It takes a code for another that begins with it: an empty one would be every one.
            assert len(document["Code"]) >= 5
            assert document["Message"]
        return status, document

    def ok(self, version: str, action: str, /, **given: Any) -> Shown:
        """Return the answer of a call that has to succeed."""
        status, document = self.send(version, action, **given)
        assert status == 200, document
        return document

    def make(self, version: str, action: str, /, **given: Any) -> Shown:
        """Return the answer of a call that is repeated while the cloud is not ready for it, as clients do."""
        end = time.monotonic() + 10
        while True:
            status, document = self.send(version, action, **given)
            if status == 200 or time.monotonic() > end or not document["Code"].startswith(NOT_YET):
                assert status == 200, document
                return document

    def refused(self, version: str, action: str, /, **given: Any) -> tuple[int, str]:
        """Return HTTP status and code of a call that has to be refused."""
        status, document = self.send(version, action, **given)
        assert status != 200, document
        return status, document["Code"]

    def _connection(self, tls: bool) -> http.client.HTTPConnection:
        if tls not in self._connections:
            if tls:
                context = ssl.create_default_context(cafile=str(self._ca))
                self._connections[tls] = http.client.HTTPSConnection(self._netloc, timeout=20, context=context)
            else:
                self._connections[tls] = http.client.HTTPConnection(self._netloc, timeout=20)
        return self._connections[tls]

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the connections."""
        for connection in self._connections.values():
            connection.close()


@contextmanager
def enrolled_cloud(directory: Path) -> Iterator[Cloud]:
    """Open a cloud that knows the access key of these tests."""
    opened = open_cloud(directory)
    opened.enroll(ACCESS_KEY_ID, SECRET)
    try:
        yield opened
    finally:
        opened.close()


@contextmanager
def open_door(directory: Path) -> Iterator[Door]:
    """Open the door of a new cloud."""
    with enrolled_cloud(directory / "cloud") as opened, serve_cloud(opened) as running, Door(running) as door:
        yield door


def signature(method: str, parameters: Mapping[str, str]) -> str:
    """Return the signature of a request, by Alibaba Cloud's own description (RPC, version 1.0)."""
    pairs = "&".join(f"{quote(name, safe='~')}={quote(text, safe='~')}" for name, text in sorted(parameters.items()))
    signed = f"{method}&%2F&{quote(pairs, safe='~')}"
    return base64.b64encode(hmac.digest(f"{SECRET}&".encode(), signed.encode(), hashlib.sha1)).decode()


def wait_for(condition: Callable[[], bool]) -> None:
    """Ask until it is so, as the provider does with less patience."""
    end = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < end

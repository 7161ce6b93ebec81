"""The door: passes requests from connections to the service's operations, unless an interceptor makes them fail."""

from __future__ import annotations

import base64
import logging
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, TypeAlias

from provisioner.sandbox.http.connection import Connection, Head, Unreadable
from provisioner.sandbox.http.server import Server
from provisioner.sandbox.http.tls import Certificates
from provisioner.sandbox.oss.database import Database
from provisioner.sandbox.oss.errors import OssRefusal
from provisioner.sandbox.oss.http import (
    MAXIMUM_BODY_BYTES,
    announced_length,
    encode_response,
    refuse_unreadable,
    to_request,
)
from provisioner.sandbox.oss.keys import Keys, SessionOf
from provisioner.sandbox.oss.messages import Request, Response, xml_document
from provisioner.sandbox.oss.operations import Operations
from provisioner.sandbox.oss.signature import authenticate

_LOG = logging.getLogger(__name__)
_CLOSE_SECONDS = 5.0
_PORTAL = b"<html><head><title>Welcome</title></head><body>Log in to use this network.</body></html>"


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that goes wrong with one request, decided by an `Interceptor`."""

    kind: Literal["refuse", "reset", "truncate", "intrude", "delay"]
    """
    refuse: answer with `status` and `code` instead; reset: break the connection without an answer; truncate: break it
    in the middle of the answer's body; intrude: another server between client and service answers with its own page,
    as a captive portal does; delay: only wait.
    """
    status: int = 503
    code: str = "ServiceUnavailable"
    delay_seconds: float = 0.0
    """Waited before the rest happens."""


Interceptor: TypeAlias = Callable[[Literal["before", "after"], Request], "Fault | None"]
"""Asked before a request takes effect and again after it did, before its answer is sent."""


class _Storage:
    """Speaks HTTP on behalf of the service."""

    def __init__(
        self,
        operations: Operations,
        keys: Keys,
        *,
        latency_ms: float,
        clock: Callable[[], float],
        sleep: Callable[[float], None],
        intercept: Interceptor | None,
    ) -> None:
        self._operations = operations
        self._keys = keys
        self._latency_seconds = latency_ms / 1000
        self._clock = clock
        self._sleep = sleep
        self._intercept = intercept

    def serve(self, client: Connection, before_waiting: Callable[[], None]) -> bool:
        """Answer the requests that have arrived; return whether the connection stays open."""
        before_waiting()  # for bodies, for the latency and for other processes that write
        try:
            while (head := client.next_head()) is not None:
                if not self._answer_one(client, head):
                    return False
        except Unreadable as unreadable:
            return self._hang_up(client, refuse_unreadable(unreadable))
        except OssRefusal as refusal:
            return self._hang_up(client, refusal)
        return True

    def _answer_one(self, client: Connection, head: Head) -> bool:
        """Answer a request; return whether the connection stays open."""
        request_id = _new_request_id()
        length = announced_length(head.headers)
        request = to_request(head)
        refused = None if length == 0 else self._refuse_body(request, request_id)
        if refused is None:
            client.invite_body(length)
            request = replace(request, body=client.read_body(length, MAXIMUM_BODY_BYTES))
        if self._latency_seconds:
            self._sleep(self._latency_seconds)
        fault = self._ask("before", request)
        if fault is not None and fault.kind in _INSTEAD:
            return _INSTEAD[fault.kind](client)
        if fault is not None and fault.kind == "refuse":
            response = self._refuse(fault, request, request_id)
        else:
            response = refused or self._handle(request, request_id)
            late = self._ask("after", request)
            if late is not None and late.kind in _INSTEAD:
                return _INSTEAD[late.kind](client)
            if late is not None and late.kind == "refuse":
                response = self._refuse(late, request, request_id)
            fault = late or fault
        # Behind a refusal comes a body that is not read.
        keep_alive = refused is None and head.keeps_open
        data = encode_response(response, request_id, request.method, self._clock(), keep_alive=keep_alive)
        if fault is not None and fault.kind == "truncate":
            client.send(data[: len(data) - max(1, len(response.body) // 2)])
            return False
        client.send(data)
        if refused is not None:
            client.discard()
        return keep_alive

    def _hang_up(self, client: Connection, refusal: OssRefusal) -> bool:
        """Answer what cannot be read; what follows it on the connection cannot be told apart any more."""
        request_id = _new_request_id()
        response = _refusal(refusal, request_id, "", "")
        client.send(encode_response(response, request_id, "GET", self._clock(), keep_alive=False))
        client.discard()
        return False

    def _refuse_body(self, request: Request, request_id: str) -> Response | None:
        """Return the refusal of a request whose body has not been read; None for one that may send it."""
        try:
            self._operations.admit(request, authenticate(request, self._keys, self._clock()))
        except OssRefusal as refusal:
            return _refusal(refusal, request_id, _host_of(request), request.method)
        return None

    def _handle(self, request: Request, request_id: str) -> Response:
        try:
            caller = authenticate(request, self._keys, self._clock())
            return self._operations.handle(request, caller)
        except OssRefusal as refusal:
            return _refusal(refusal, request_id, _host_of(request), request.method)
        except Exception:
            _LOG.exception(
                "the sandbox's object storage failed on %s /%s/%s", request.method, request.bucket, request.key
            )
            internal = OssRefusal(500, "InternalError", "The sandbox failed; see its log.")
            return _refusal(internal, request_id, _host_of(request), request.method)

    def _ask(self, phase: Literal["before", "after"], request: Request) -> Fault | None:
        fault = self._intercept(phase, request) if self._intercept is not None else None
        if fault is not None and fault.delay_seconds:
            self._sleep(fault.delay_seconds)
        return fault

    def _refuse(self, fault: Fault, request: Request, request_id: str) -> Response:
        refusal = OssRefusal(fault.status, fault.code, "Injected fault.")
        return _refusal(refusal, request_id, _host_of(request), request.method)


def _new_request_id() -> str:
    return secrets.token_hex(12).upper()


def _host_of(request: Request) -> str:
    """Return the host as the client called it, or nothing."""
    return request.headers.get("host", "")


def _refusal(refusal: OssRefusal, request_id: str, host: str, method: str) -> Response:
    content = [
        ("Code", refusal.code),
        ("Message", refusal.message),
        ("RequestId", request_id),
        ("HostId", host),
        *refusal.details.items(),
    ]
    document = xml_document("Error", content)
    headers = {"Content-Type": "application/xml"}
    if method == "HEAD":
        headers["x-oss-err"] = base64.b64encode(document).decode()
        document = b""
    return Response(refusal.status, headers, document)


def _reset(client: Connection) -> bool:
    client.reset()
    return False


def _intrude(client: Connection) -> bool:
    client.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n" + _PORTAL)
    return False


_INSTEAD: dict[str, Callable[[Connection], bool]] = {"reset": _reset, "intrude": _intrude}
"""Replaces an answer, by the kind of a fault; each function returns that the connection does not stay open."""


def clear_oss(directory: Path) -> None:
    """Remove every bucket and object kept in the directory; servers that run on it see them gone."""
    database = Database(directory)
    try:
        database.clear()
    finally:
        database.close()


def serve_oss(
    directory: Path,
    secret_of: Callable[[str], str | None],
    account_of: Callable[[str], str],
    latency_ms: float = 0,
    port: int = 0,
    *,
    session_of: SessionOf | None = None,
    clock: Callable[[], float] = time.time,
    sleep: Callable[[float], None] = time.sleep,
    intercept: Interceptor | None = None,
) -> Server:
    """
    Return a running object storage service on a loopback port (0 chooses a free one).

    The data is `<directory>/oss.db`, the certificates for TLS are below `<directory>/tls`; several processes may serve
    the same directory at once. `secret_of` gives the secret of an access key id (None when there is no such key),
    `account_of` the account it belongs to; `session_of` gives both of one that comes with a token, and without it there
    are none. Every request takes `latency_ms` more.
    """
    database = Database(directory)
    storage = _Storage(
        Operations(database, clock),
        Keys(secret_of, account_of, session_of),
        latency_ms=latency_ms,
        clock=clock,
        sleep=sleep,
        intercept=intercept,
    )
    return Server(
        storage,
        Certificates(directory / "tls"),
        name="sandbox-oss",
        address=("127.0.0.1", port),
        close_seconds=_CLOSE_SECONDS,
        on_close=database.close,
    )

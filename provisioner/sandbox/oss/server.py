"""The wire: one loopback port for plain and TLS, keep-alive, one thread per connection, one answer per write."""

from __future__ import annotations

import base64
import contextlib
import logging
import secrets
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO, Literal, TypeAlias

from provisioner.sandbox.oss.database import Database
from provisioner.sandbox.oss.errors import OssRefusal
from provisioner.sandbox.oss.http import Head, announced_length, encode_response, read_body, read_head, to_request
from provisioner.sandbox.oss.keys import Keys, SessionOf
from provisioner.sandbox.oss.messages import Request, Response, xml_document
from provisioner.sandbox.oss.operations import Operations
from provisioner.sandbox.oss.signature import authenticate
from provisioner.sandbox.tls import Certificates, is_handshake

_LOG = logging.getLogger(__name__)
_LEFT_OVER_SECONDS = 0.5
_LEFT_OVER_BYTES = 2**16
_BUSY_SECONDS = 0.1
_PORTAL = b"<html><head><title>Welcome</title></head><body>Log in to use this network.</body></html>"


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that goes wrong with one request, decided by an `Interceptor`."""

    kind: Literal["refuse", "reset", "truncate", "intrude", "delay"]
    """
    refuse: answer with `status` and `code` instead; reset: break the connection without an answer; truncate: break it
    in the middle of the answer's body; intrude: something between client and service answers with a page of its own,
    as a captive portal does; delay: only wait.
    """
    status: int = 503
    code: str = "ServiceUnavailable"
    delay_seconds: float = 0.0
    """Waited before the rest happens."""


Interceptor: TypeAlias = Callable[[Literal["before", "after"], Request], "Fault | None"]
"""Asked before a request takes effect and again after it did, before its answer is sent."""


class Server:
    """A running service, which also takes TLS; `url` is what a client takes as its endpoint."""

    def __init__(
        self,
        database: Database,
        certificates: Certificates,
        keys: Keys,
        *,
        latency_ms: float,
        port: int,
        clock: Callable[[], float],
        sleep: Callable[[float], None],
        intercept: Interceptor | None,
    ) -> None:
        self._database = database
        self._certificates = certificates
        self._operations = Operations(database, clock)
        self._keys = keys
        self._latency_seconds = latency_ms / 1000
        self._clock = clock
        self._sleep = sleep
        self._intercept = intercept
        self._lock = threading.Lock()
        self._connections: dict[socket.socket, threading.Thread] = {}
        self._is_closing = False
        self._listener = socket.create_server(("127.0.0.1", port), backlog=128)
        address = self._listener.getsockname()
        self.url = f"http://{address[0]}:{address[1]}"
        self._acceptor = threading.Thread(target=self._accept, name="sandbox-oss", daemon=True)
        self._acceptor.start()

    @property
    def ca_path(self) -> Path:
        """The certificate (PEM) that clients trust who come over TLS; it is made when it is first asked for."""
        return self._certificates.ca_path

    def close(self) -> None:
        """Stop answering, end every connection and close the data file. May be called twice."""
        with self._lock:
            if self._is_closing:
                return
            self._is_closing = True
        # accept() is woken by a connection of our own: closing a socket under it does not end it everywhere.
        with contextlib.suppress(OSError):
            socket.create_connection(self._listener.getsockname()[:2], timeout=1).close()
        self._acceptor.join(timeout=5)
        self._listener.close()
        with self._lock:
            connections = dict(self._connections)
        for connection in connections:
            with contextlib.suppress(OSError):
                # The socket's own, not TLS's, which would take the connection from under its thread.
                socket.socket.shutdown(connection, socket.SHUT_RDWR)
        for thread in connections.values():
            thread.join(timeout=5)
        self._database.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                if self._is_closing:
                    return
                time.sleep(_BUSY_SECONDS)  # no descriptor is free: connections that end give theirs back
                continue
            with self._lock:
                if self._is_closing:
                    connection.close()
                    return
                thread = threading.Thread(target=self._serve, args=(connection,), name="sandbox-oss", daemon=True)
                self._connections[connection] = thread
            try:
                thread.start()
            except RuntimeError:  # too many of them; whoever is served already stays so
                with self._lock:
                    del self._connections[connection]
                connection.close()

    def _serve(self, connection: socket.socket) -> None:
        try:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if is_handshake(connection):
                connection = secured = self._secure(connection)
                secured.do_handshake()
            with connection.makefile("rb") as reader:
                while self._answer_one(connection, reader):
                    pass
        except OSError:
            pass  # the client went away; there is nobody to tell
        except Exception:
            _LOG.exception("the sandbox's object storage failed")
        finally:
            with self._lock:
                self._connections.pop(connection, None)
            connection.close()

    def _secure(self, connection: socket.socket) -> ssl.SSLSocket:
        """Return the connection as one over TLS, before its handshake."""
        context = self._certificates.context()
        with self._lock:
            # This takes the socket out of `connection`, so the two change places while nobody closes them.
            secured = context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
            self._connections[secured] = self._connections.pop(connection)
        return secured

    def _answer_one(self, connection: socket.socket, reader: BinaryIO) -> bool:
        """Answer the next request; return whether the connection stays open."""
        request_id = secrets.token_hex(12).upper()
        try:
            head = read_head(reader)
            if head is None:
                return False
            length = announced_length(head.headers)
            request = to_request(head)
            refused = None if length == 0 else self._refuse_body(request, head, request_id)
            if refused is None:
                if head.headers.get("expect", "").lower() == "100-continue":
                    connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
                request = replace(request, body=read_body(reader, length))
        except OssRefusal as refusal:
            # What follows on the connection cannot be told apart any more.
            response = _refusal(refusal, request_id, "", "")
            connection.sendall(encode_response(response, request_id, "GET", self._clock(), keep_alive=False))
            _discard(connection)
            return False
        if self._latency_seconds:
            self._sleep(self._latency_seconds)
        fault = self._ask("before", request)
        if fault is not None and fault.kind in _INSTEAD:
            return _INSTEAD[fault.kind](connection)
        if fault is not None and fault.kind == "refuse":
            response = self._refuse(fault, request, head, request_id)
        else:
            response = refused or self._handle(request, head, request_id)
            late = self._ask("after", request)
            if late is not None and late.kind in _INSTEAD:
                return _INSTEAD[late.kind](connection)
            if late is not None and late.kind == "refuse":
                response = self._refuse(late, request, head, request_id)
            fault = late or fault
        # Behind a refusal comes a body that is not read.
        keep_alive = refused is None and head.headers.get("connection", "").lower() != "close"
        data = encode_response(response, request_id, request.method, self._clock(), keep_alive)
        if fault is not None and fault.kind == "truncate":
            connection.sendall(data[: len(data) - max(1, len(response.body) // 2)])
            return False
        connection.sendall(data)
        if refused is not None:
            _discard(connection)
        return keep_alive

    def _refuse_body(self, request: Request, head: Head, request_id: str) -> Response | None:
        """Return the refusal of a request whose body has not been read; None for one that may send it."""
        try:
            self._operations.admit(request, authenticate(request, self._keys, self._clock()))
        except OssRefusal as refusal:
            return _refusal(refusal, request_id, head.host, request.method)
        return None

    def _handle(self, request: Request, head: Head, request_id: str) -> Response:
        try:
            caller = authenticate(request, self._keys, self._clock())
            return self._operations.handle(request, caller)
        except OssRefusal as refusal:
            return _refusal(refusal, request_id, head.host, request.method)
        except Exception:
            _LOG.exception(
                "the sandbox's object storage failed on %s /%s/%s", request.method, request.bucket, request.key
            )
            internal = OssRefusal(500, "InternalError", "The sandbox failed; see its log.")
            return _refusal(internal, request_id, head.host, request.method)

    def _ask(self, phase: Literal["before", "after"], request: Request) -> Fault | None:
        fault = self._intercept(phase, request) if self._intercept is not None else None
        if fault is not None and fault.delay_seconds:
            self._sleep(fault.delay_seconds)
        return fault

    def _refuse(self, fault: Fault, request: Request, head: Head, request_id: str) -> Response:
        return _refusal(OssRefusal(fault.status, fault.code, "Injected fault."), request_id, head.host, request.method)


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


def _discard(connection: socket.socket) -> None:
    """Take what the client still sends for a moment: unread, it would make the answer before it a reset."""
    deadline = time.monotonic() + _LEFT_OVER_SECONDS
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_WR)
        connection.settimeout(_LEFT_OVER_SECONDS)
        while connection.recv(_LEFT_OVER_BYTES) and time.monotonic() < deadline:
            pass


def _reset(connection: socket.socket) -> bool:
    # With no time to linger, closing sends a reset instead of an orderly end.
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    return False


def _intrude(connection: socket.socket) -> bool:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n" + _PORTAL)
    return False


_INSTEAD: dict[str, Callable[[socket.socket], bool]] = {"reset": _reset, "intrude": _intrude}
"""What happens in place of an answer, by the kind of a fault; each returns that the connection does not stay open."""


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
    return Server(
        Database(directory),
        Certificates(directory / "tls"),
        Keys(secret_of, account_of, session_of),
        latency_ms=latency_ms,
        port=port,
        clock=clock,
        sleep=sleep,
        intercept=intercept,
    )

"""
The wire: HTTP/1.1 with keep-alive on loopback, one thread per connection, one answer per write.

The standard library's HTTP server parses headers with the mail parser and writes an answer in several packets; a
state log makes many small requests, so this one reads and writes the protocol itself.
"""

from __future__ import annotations

import base64
import contextlib
import logging
import secrets
import socket
import struct
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import BinaryIO, Literal, TypeAlias
from urllib.parse import parse_qsl, unquote

from provisioner.sandbox.oss.database import Database
from provisioner.sandbox.oss.errors import OssRefusal
from provisioner.sandbox.oss.messages import Request, Response, http_date, xml_document
from provisioner.sandbox.oss.operations import Operations
from provisioner.sandbox.oss.signature import authenticate

_LOG = logging.getLogger(__name__)
_MAXIMUM_BODY_BYTES = 512 * 1024 * 1024
_MAXIMUM_LINE_BYTES = 64 * 1024
_MAXIMUM_HEADERS = 200


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that goes wrong with one request, decided by an `Interceptor`."""

    kind: Literal["refuse", "reset", "truncate", "delay"]
    """
    refuse: answer with `status` and `code` instead; reset: break the connection without an answer; truncate: break it
    in the middle of the answer's body; delay: only wait.
    """
    status: int = 503
    code: str = "ServiceUnavailable"
    delay_seconds: float = 0.0
    """Waited before the rest happens."""


Interceptor: TypeAlias = Callable[[Literal["before", "after"], Request], "Fault | None"]
"""Asked before a request takes effect and again after it did, before its answer is sent."""


class Server:
    """A running service; `url` is what a client takes as its endpoint."""

    def __init__(
        self,
        database: Database,
        *,
        secret_of: Callable[[str], str | None],
        account_of: Callable[[str], str],
        latency_ms: float,
        port: int,
        clock: Callable[[], float],
        sleep: Callable[[float], None],
        intercept: Interceptor | None,
    ) -> None:
        self._database = database
        self._operations = Operations(database, clock)
        self._secret_of = secret_of
        self._account_of = account_of
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
                connection.shutdown(socket.SHUT_RDWR)
        for thread in connections.values():
            thread.join(timeout=5)
        self._database.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with self._lock:
                if self._is_closing:
                    connection.close()
                    return
                thread = threading.Thread(target=self._serve, args=(connection,), name="sandbox-oss", daemon=True)
                self._connections[connection] = thread
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
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

    def _answer_one(self, connection: socket.socket, reader: BinaryIO) -> bool:
        """Answer the next request; return whether the connection stays open."""
        try:
            head = _read_head(reader)
            if head is None:
                return False
            if head.headers.get("expect", "").lower() == "100-continue":
                connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
            request = _request(head, _read_body(reader, head.headers))
        except OssRefusal as refusal:
            # What follows on the connection cannot be told apart any more.
            connection.sendall(_encode(_refusal(refusal, "", "", ""), "", "GET", self._clock(), keep_alive=False))
            return False
        if self._latency_seconds:
            self._sleep(self._latency_seconds)
        request_id = secrets.token_hex(12).upper()
        fault = self._ask("before", request)
        if fault is not None and fault.kind == "reset":
            return _reset(connection)
        if fault is not None and fault.kind == "refuse":
            response = self._refuse(fault, request, head, request_id)
        else:
            response = self._handle(request, head, request_id)
            late = self._ask("after", request)
            if late is not None and late.kind == "reset":
                return _reset(connection)
            if late is not None and late.kind == "refuse":
                response = self._refuse(late, request, head, request_id)
            fault = late or fault
        keep_alive = head.headers.get("connection", "").lower() != "close"
        data = _encode(response, request_id, request.method, self._clock(), keep_alive)
        if fault is not None and fault.kind == "truncate":
            connection.sendall(data[: len(data) - max(1, len(response.body) // 2)])
            return False
        connection.sendall(data)
        return keep_alive

    def _handle(self, request: Request, head: _Head, request_id: str) -> Response:
        try:
            caller = authenticate(request, self._secret_of, self._account_of, self._clock())
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

    def _refuse(self, fault: Fault, request: Request, head: _Head, request_id: str) -> Response:
        return _refusal(OssRefusal(fault.status, fault.code, "Injected fault."), request_id, head.host, request.method)


@dataclass(frozen=True, slots=True)
class _Head:
    method: str
    target: str
    headers: Mapping[str, str]

    @property
    def host(self) -> str:
        return self.headers.get("host", "")


def _read_head(reader: BinaryIO) -> _Head | None:
    line = reader.readline(_MAXIMUM_LINE_BYTES)
    if not line.strip():
        return None
    parts = line.decode("latin-1").split()
    if len(parts) != 3 or not parts[2].startswith("HTTP/1."):  # noqa: PLR2004 - method, target, version
        raise OssRefusal(400, "InvalidRequest", "The request line is not HTTP/1.1.")
    headers: dict[str, str] = {}
    while True:
        line = reader.readline(_MAXIMUM_LINE_BYTES)
        if line in (b"\r\n", b"\n"):
            return _Head(parts[0], parts[1], headers)
        name, separator, value = line.partition(b":")
        if not separator or len(headers) >= _MAXIMUM_HEADERS:
            raise OssRefusal(400, "InvalidRequest", "A request header is not valid.")
        # Header values are UTF-8 where a client puts more than ASCII into them; signatures cover those bytes.
        headers[name.decode("latin-1").strip().lower()] = value.strip().decode("utf-8", errors="replace")


def _read_body(reader: BinaryIO, headers: Mapping[str, str]) -> bytes:
    if headers.get("transfer-encoding", "").lower() == "chunked":
        return _read_chunks(reader)
    length = headers.get("content-length", "0")
    if not length.isdecimal():
        raise OssRefusal(400, "InvalidArgument", "Content-Length is not a number.")
    if int(length) > _MAXIMUM_BODY_BYTES:
        raise OssRefusal(400, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size.")
    body = reader.read(int(length)) if int(length) else b""
    if len(body) < int(length):
        raise ConnectionResetError("the client left in the middle of a request")
    return body


def _read_chunks(reader: BinaryIO) -> bytes:
    chunks: list[bytes] = []
    total = 0
    while True:
        try:
            size = int(reader.readline(_MAXIMUM_LINE_BYTES).split(b";")[0], 16)
        except ValueError as error:
            raise OssRefusal(400, "InvalidRequest", "A chunk of the request body is not valid.") from error
        total += size
        if size < 0 or total > _MAXIMUM_BODY_BYTES:
            raise OssRefusal(400, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size.")
        if size == 0:
            while reader.readline(_MAXIMUM_LINE_BYTES).strip():
                pass  # trailers
            return b"".join(chunks)
        chunks.append(reader.read(size))
        reader.readline(_MAXIMUM_LINE_BYTES)


def _request(head: _Head, body: bytes) -> Request:
    path, _, query = head.target.partition("?")
    try:
        decoded = unquote(path, errors="strict").removeprefix("/")
        parameters = dict(parse_qsl(query, keep_blank_values=True, errors="strict"))
    except UnicodeDecodeError as error:
        raise OssRefusal(400, "InvalidURI", "Couldn't parse the specified URI.") from error
    bucket = _bucket_of_host(head.host)
    key = decoded
    if not bucket:
        bucket, _, key = decoded.partition("/")
    return Request(head.method, bucket, key, parameters, head.headers, body)


def _bucket_of_host(host: str) -> str:
    """Return the bucket that the host names (`bucket.oss-<region>.aliyuncs.com`, `bucket.localhost`), else ""."""
    name = host.partition(":")[0]
    first, _, rest = name.partition(".")
    is_service = rest == "localhost" or (rest.startswith("oss-") and rest.endswith(".aliyuncs.com"))
    return first if is_service else ""


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


def _encode(response: Response, request_id: str, method: str, now: float, keep_alive: bool) -> bytes:
    headers = {
        "Server": "AliyunOSS",
        "Date": http_date(now),
        "Connection": "keep-alive" if keep_alive else "close",
        "x-oss-request-id": request_id,
        "x-oss-server-time": "1",
        "Content-Length": str(len(response.body)),
        **response.headers,
    }
    if response.status in (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED):
        del headers["Content-Length"]
    lines = [f"HTTP/1.1 {response.status} {HTTPStatus(response.status).phrase}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    head = ("\r\n".join(lines) + "\r\n\r\n").encode()
    return head if method == "HEAD" else head + response.body


def _reset(connection: socket.socket) -> bool:
    # With no time to linger, closing sends a reset instead of an orderly end.
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    return False


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
    clock: Callable[[], float] = time.time,
    sleep: Callable[[float], None] = time.sleep,
    intercept: Interceptor | None = None,
) -> Server:
    """
    Return a running object storage service on a loopback port (0 chooses a free one).

    The data is `<directory>/oss.db`; several processes may serve the same directory at once. `secret_of` gives the
    secret of an access key id (None when there is no such key), `account_of` the account it belongs to. Every request
    takes `latency_ms` more.
    """
    return Server(
        Database(directory),
        secret_of=secret_of,
        account_of=account_of,
        latency_ms=latency_ms,
        port=port,
        clock=clock,
        sleep=sleep,
        intercept=intercept,
    )

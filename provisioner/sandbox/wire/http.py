"""
HTTP/1.1 as the door speaks it: requests come out of a connection one after the other, answers go into it.

The standard library's server parses headers with its parser for mails, which takes longer than most actions do.
"""

from __future__ import annotations

import contextlib
import re
import socket
import ssl
import struct
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import formatdate
from http import HTTPStatus
from urllib.parse import urlsplit

_LARGEST_BODY = 2**20
_LARGEST_HEAD = 2**16
_CHUNK = 2**16
_LEFT_OVER_SECONDS = 1.0

# Also after lines that end in a line feed alone, as somebody types them.
_END_OF_HEAD = re.compile(rb"\n\r?\n")
_NAME = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_LENGTH = re.compile(r"[0-9]{1,9}")
_VERSION = re.compile(r"HTTP/1\.[0-9]")
_PHRASES = {status.value: status.phrase for status in HTTPStatus}


@dataclass(frozen=True, slots=True)
class Request:
    """One request."""

    method: str
    path: str
    query: str
    """What follows the question mark, as it was sent."""
    headers: Mapping[str, str]
    """By name in lower case; of a header that came more than once, the sorted values with commas between them."""
    body: bytes
    keeps_open: bool
    """Whether the client wants to send another one."""


class Unreadable(Exception):
    """A request that cannot be read; what follows it on the connection cannot be told apart any more."""

    def __init__(self, status: int, code: str, message: str) -> None:
        """Keep what the answer says."""
        super().__init__(status, code, message)
        self.status = status
        self.code = code
        self.message = message


class Connection:
    """One client's connection: requests are taken from what has arrived, nothing here waits for more unless told to."""

    def __init__(self, connection: socket.socket) -> None:
        """Speak through `connection`, which nobody else reads."""
        self.socket = connection
        self.is_new = True
        """Whether nothing was read from it."""
        self._arrived = b""
        self._head: _Head | None = None

    def read(self) -> bool:
        """Take what has arrived, waiting if that is nothing; return False when the client has ended the connection."""
        chunk = self.socket.recv(_CHUNK)
        self.is_new = False
        self._arrived += chunk
        return bool(chunk)

    def next_request(self) -> Request | None:
        """
        Return the next request, None while it has not arrived as a whole.

        Raises:
            Unreadable: it is not a request that can be read.
            OSError: the connection broke.
        """
        if self._head is None:
            self._arrived = self._arrived.lstrip(b"\r\n")  # some clients send an empty line behind a body
            end = _END_OF_HEAD.search(self._arrived)
            if end is None:
                if len(self._arrived) > _LARGEST_HEAD:
                    raise Unreadable(431, "RequestTooLarge", "The request headers are too large.")
                return None
            self._head = _read_head(self._arrived[: end.start()].decode("latin-1"))
            self._arrived = self._arrived[end.end() :]
            expects = self._head.headers.get("expect", "").lower() == "100-continue"
            if expects and len(self._arrived) < self._head.length:
                self.socket.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        head, length = self._head, self._head.length
        if len(self._arrived) < length:
            return None
        self._head = None
        body, self._arrived = self._arrived[:length], self._arrived[length:]
        return Request(head.method, head.path, head.query, head.headers, body, head.keeps_open)

    def answer(
        self, status: int, body: bytes, request_id: str, *, keeps_open: bool, before_waiting: Callable[[], None]
    ) -> None:
        """Send a JSON document; `before_waiting` is called if the client is too slow to take it at once."""
        connection = "" if keeps_open else "Connection: close\r\n"
        head = (
            f"HTTP/1.1 {status} {_PHRASES.get(status, '')}\r\n"
            f"Server: sandbox\r\nDate: {formatdate(int(time.time()), usegmt=True)}\r\n"
            f"Content-Type: application/json;charset=utf-8\r\nContent-Length: {len(body)}\r\n"
            f"{connection}x-acs-request-id: {request_id}\r\n\r\n"
        )
        data = head.encode("latin-1") + body
        sent = 0
        if not isinstance(self.socket, ssl.SSLSocket):  # which can only wait
            with contextlib.suppress(BlockingIOError):
                sent = self.socket.send(data, socket.MSG_DONTWAIT)
        if sent < len(data):
            before_waiting()
            self.socket.sendall(data[sent:])

    def reset(self) -> None:
        """Let the end of the connection be a reset."""
        # With no time to linger, closing sends it instead of an orderly end.
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def discard(self) -> None:
        """Take what the client still sends for a moment: unread, it would make the last answer a reset."""
        deadline = time.monotonic() + _LEFT_OVER_SECONDS
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_WR)
            self.socket.settimeout(_LEFT_OVER_SECONDS)
            while self.socket.recv(_CHUNK) and time.monotonic() < deadline:
                pass


@dataclass(frozen=True, slots=True)
class _Head:
    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    length: int
    keeps_open: bool


def _read_head(text: str) -> _Head:
    line, *lines = text.split("\n")
    method, target, version = _split_request_line(line.rstrip("\r"))
    headers = _read_headers(lines)
    length = headers.get("content-length", "0")
    if "transfer-encoding" in headers or not _LENGTH.fullmatch(length) or int(length) > _LARGEST_BODY:
        raise Unreadable(413, "RequestTooLarge", "The request body is too large.")
    if target.startswith("/"):
        path, _, query = target.partition("?")
    else:  # as proxies are asked; the host is not looked at
        try:
            address = urlsplit(target)
        except ValueError:
            raise _not_http() from None
        path, query = address.path, address.query
    wish = headers.get("connection", "").lower()
    keeps_open = wish == "keep-alive" if version == "HTTP/1.0" else wish != "close"
    return _Head(method, path, query, headers, int(length), keeps_open)


def _split_request_line(line: str) -> tuple[str, str, str]:
    parts = line.split(" ")
    if len(parts) != 3 or not _VERSION.fullmatch(parts[2]):  # noqa: PLR2004 - method, target, version
        raise _not_http()
    return parts[0], parts[1], parts[2]


def _not_http() -> Unreadable:
    return Unreadable(400, "InvalidRequest", "The request line is not HTTP/1.1.")


def _read_headers(lines: list[str]) -> dict[str, str]:
    headers: dict[str, str] = {}
    repeated: dict[str, list[str]] = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon or not _NAME.fullmatch(name):
            raise Unreadable(400, "InvalidRequest", "A request header is not valid.")
        name, value = name.lower(), value.strip()
        if name in headers:
            repeated.setdefault(name, [headers[name]]).append(value)
        else:
            headers[name] = value
    for name, values in repeated.items():
        headers[name] = ",".join(sorted(values))
    return headers

"""
HTTP/1.1 as the doors speak it: requests come out of a connection one after the other, answers go into it.

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
from http import HTTPStatus
from urllib.parse import urlsplit

_LARGEST_HEAD = 2**16
_LONGEST_LINE = 2**16
_MOST_HEADERS = 200
_CHUNK = 2**16
_LEFT_OVER_SECONDS = 1.0

# Also after lines that end in a line feed alone, as people type them.
_END_OF_HEAD = re.compile(rb"\n\r?\n")
_NAME = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_CHUNK_SIZE = re.compile(rb"[0-9A-Fa-f]{1,16}")
_VERSION = re.compile(r"HTTP/1\.[0-9]")
_PHRASES = {status.value: status.phrase for status in HTTPStatus}


@dataclass(frozen=True, slots=True)
class Head:
    """A request without its body."""

    method: str
    path: str
    query: str
    """The part after the question mark, as it was sent."""
    headers: Mapping[str, str]
    """By name in lower case; of a header that came more than once, the sorted values with commas between them."""
    keeps_open: bool
    """Whether the client wants to send another request."""


class Unreadable(Exception):
    """A request that cannot be read; what follows it on the connection cannot be told apart any more."""

    def __init__(self, status: HTTPStatus, message: str) -> None:
        """Keep what is wrong: 400, or 413 and 431 for a body and a head that are too large."""
        super().__init__(status, message)
        self.status = status
        self.message = message


class Connection:
    """One client's connection: requests are taken from what has arrived; what waits for more says so."""

    def __init__(self, connection: socket.socket) -> None:
        """Speak through `connection`, which nothing else reads."""
        self.socket = connection
        self.is_new = True
        """Whether nothing was read from it."""
        self._arrived = b""
        self._head: Head | None = None
        self._is_invited = False

    def read(self) -> bool:
        """Take what has arrived, waiting if that is nothing; return False when the client has ended the connection."""
        chunk = self.socket.recv(_CHUNK)
        self.is_new = False
        self._arrived += chunk
        return bool(chunk)

    def next_head(self) -> Head | None:
        """
        Return the next request's head, None while it has not arrived as a whole; the same one until its body is taken.

        Raises:
            Unreadable: it is no head of a request.
        """
        if self._head is None:
            self._arrived = self._arrived.lstrip(b"\r\n")  # some clients send an empty line behind a body
            end = _END_OF_HEAD.search(self._arrived)
            if end is None:
                if len(self._arrived) > _LARGEST_HEAD:
                    raise Unreadable(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "The request headers are too large.")
                return None
            self._head = _read_head(self._arrived[: end.start()].decode("latin-1"))
            self._arrived = self._arrived[end.end() :]
            self._is_invited = False
        return self._head

    def invite_body(self, length: int | None) -> None:
        """Tell a client to send the body of its request, if it asks first and has not sent it already."""
        if self._head is None or self._is_invited:
            return
        self._is_invited = True
        expects = self._head.headers.get("expect", "").lower() == "100-continue"
        if expects and (length is None or len(self._arrived) < length):
            self.socket.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")

    def take_body(self, length: int) -> bytes | None:
        """Return the body of the request whose head was returned last, None while it has not arrived as a whole."""
        if len(self._arrived) < length:
            return None
        self._head = None
        body, self._arrived = self._arrived[:length], self._arrived[length:]
        return body

    def read_body(self, length: int | None, most: int) -> bytes:
        """
        Return the body of the request whose head was returned last, waiting for it; without a length, in chunks.

        Raises:
            Unreadable: it has more than `most` bytes, or is none.
            ConnectionResetError: the client left before it was whole.
        """
        body = self._read_chunks(most) if length is None else self._read_bytes(length, most)
        self._head = None
        return body

    def send(self, answer: bytes, before_waiting: Callable[[], None] | None = None) -> None:
        """Send an answer; `before_waiting` is called if the client is too slow to take it at once."""
        sent = 0
        if before_waiting is not None:
            if not isinstance(self.socket, ssl.SSLSocket):  # which can only wait
                with contextlib.suppress(BlockingIOError):
                    sent = self.socket.send(answer, socket.MSG_DONTWAIT)
            if sent == len(answer):
                return
            before_waiting()
        self.socket.sendall(answer[sent:])

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

    def _read_bytes(self, length: int, most: int) -> bytes:
        if length > most:
            raise _too_large()
        parts = [self._arrived[:length]]
        self._arrived = self._arrived[length:]
        missing = length - len(parts[0])
        while missing:
            # No more than it lacks: what follows is the next request's.
            part = self.socket.recv(min(missing, _CHUNK))
            if not part:
                raise _left()
            parts.append(part)
            missing -= len(part)
        return b"".join(parts)

    def _read_chunks(self, most: int) -> bytes:
        chunks: list[bytes] = []
        while True:
            stated = self._read_line().partition(b";")[0].strip()
            if not _CHUNK_SIZE.fullmatch(stated):
                raise Unreadable(HTTPStatus.BAD_REQUEST, "A chunk of the request body is not valid.")
            size = int(stated, 16)
            if size == 0:
                break
            chunks.append(self._read_bytes(size, most))
            most -= size
            self._read_line()
        for _ in range(_MOST_HEADERS):  # trailers
            if not self._read_line().strip():
                return b"".join(chunks)
        raise Unreadable(HTTPStatus.BAD_REQUEST, "The request body has too many trailers.")

    def _read_line(self) -> bytes:
        """Return the next line of a body, waiting for it; of one that is too long its beginning."""
        while (end := self._arrived.find(b"\n")) < 0 and len(self._arrived) < _LONGEST_LINE:
            if not self.read():
                raise _left()
        length = min(end + 1, _LONGEST_LINE) if end >= 0 else _LONGEST_LINE
        line, self._arrived = self._arrived[:length], self._arrived[length:]
        return line


def status_line(status: int) -> str:
    """Return the first line of an answer, with its end."""
    return f"HTTP/1.1 {status} {_PHRASES.get(status, '')}\r\n"


def _read_head(text: str) -> Head:
    line, *lines = text.split("\n")
    method, target, version = _split_request_line(line.rstrip("\r"))
    headers = _read_headers(lines)
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
    return Head(method, path, query, headers, keeps_open)


def _split_request_line(line: str) -> tuple[str, str, str]:
    parts = line.split(" ")
    if len(parts) != 3 or not _VERSION.fullmatch(parts[2]):  # noqa: PLR2004 - method, target, version
        raise _not_http()
    return parts[0], parts[1], parts[2]


def _read_headers(lines: list[str]) -> dict[str, str]:
    headers: dict[str, str] = {}
    repeated: dict[str, list[str]] = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon or not _NAME.fullmatch(name):
            raise Unreadable(HTTPStatus.BAD_REQUEST, "A request header is not valid.")
        name, value = name.lower(), value.strip(" \t\r")
        if not value.isascii():
            # UTF-8 where a client puts more than ASCII into a value; signatures cover those bytes.
            value = value.encode("latin-1").decode("utf-8", errors="replace")
        if name in headers:
            repeated.setdefault(name, [headers[name]]).append(value)
        else:
            headers[name] = value
    for name, values in repeated.items():
        headers[name] = ",".join(sorted(values))
    return headers


def _not_http() -> Unreadable:
    return Unreadable(HTTPStatus.BAD_REQUEST, "The request line is not HTTP/1.1.")


def _too_large() -> Unreadable:
    return Unreadable(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "The request body is too large.")


def _left() -> ConnectionResetError:
    return ConnectionResetError("the client left in the middle of a request")

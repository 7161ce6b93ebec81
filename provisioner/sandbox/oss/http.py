"""
HTTP/1.1 as bytes: requests are read, answers written.

The standard library's HTTP server parses headers with the mail parser and writes an answer in several packets; a
state log makes many small requests, so the protocol is read and written here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import BinaryIO
from urllib.parse import parse_qsl, unquote

from provisioner.sandbox.oss.errors import OssRefusal, invalid_argument
from provisioner.sandbox.oss.messages import Request, Response, http_date, whole_number

_MAXIMUM_BODY_BYTES = 512 * 1024 * 1024
_MAXIMUM_LENGTH = 10**17
"""Of what is called a length at all; what is longer than a body may be is refused as that."""
_CHUNK_SIZE = re.compile(rb"[0-9A-Fa-f]{1,16}")
_MAXIMUM_LINE_BYTES = 64 * 1024
_MAXIMUM_HEADERS = 200


@dataclass(frozen=True, slots=True)
class Head:
    """A request without its body; the names of its headers are in lower case."""

    method: str
    target: str
    headers: Mapping[str, str]

    @property
    def host(self) -> str:
        """The host as the client called it, or nothing."""
        return self.headers.get("host", "")


def read_head(reader: BinaryIO) -> Head | None:
    """
    Return the next request's head, or None when the client has left.

    Raises:
        OssRefusal: InvalidRequest, it is none.
    """
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
            return Head(parts[0], parts[1], headers)
        name, separator, value = line.partition(b":")
        if not separator or len(headers) >= _MAXIMUM_HEADERS:
            raise OssRefusal(400, "InvalidRequest", "A request header is not valid.")
        # Header values are UTF-8 where a client puts more than ASCII into them; signatures cover those bytes.
        headers[name.decode("latin-1").strip().lower()] = value.strip().decode("utf-8", errors="replace")


def announced_length(headers: Mapping[str, str]) -> int | None:
    """
    Return how many bytes of body the headers announce; None when they come in chunks.

    Raises:
        OssRefusal: InvalidArgument, its length cannot be told.
    """
    coding = headers.get("transfer-encoding", "").lower()
    if coding == "chunked":
        return None
    text = headers.get("content-length", "0")
    length = whole_number(text, 0, _MAXIMUM_LENGTH)
    if coding or length is None:
        raise invalid_argument("Content-Length" if not coding else "Transfer-Encoding", coding or text)
    return length


def read_body(reader: BinaryIO, length: int | None) -> bytes:
    """
    Return a body of that length, or one in chunks.

    Raises:
        OssRefusal: it is larger than the service takes, or its length cannot be told.
        ConnectionResetError: the client left before it was whole.
    """
    if length is None:
        return _read_chunks(reader)
    if length > _MAXIMUM_BODY_BYTES:
        raise _too_large()
    return _read_whole(reader, length)


def _read_chunks(reader: BinaryIO) -> bytes:
    chunks: list[bytes] = []
    total = 0
    while True:
        stated = reader.readline(_MAXIMUM_LINE_BYTES).partition(b";")[0].strip()
        if not _CHUNK_SIZE.fullmatch(stated):
            raise OssRefusal(400, "InvalidRequest", "A chunk of the request body is not valid.")
        size = int(stated, 16)
        total += size
        if total > _MAXIMUM_BODY_BYTES:
            raise _too_large()
        if size == 0:
            for _ in range(_MAXIMUM_HEADERS):  # trailers
                if not reader.readline(_MAXIMUM_LINE_BYTES).strip():
                    return b"".join(chunks)
            raise OssRefusal(400, "InvalidRequest", "The request body has too many trailers.")
        chunks.append(_read_whole(reader, size))
        reader.readline(_MAXIMUM_LINE_BYTES)


def _read_whole(reader: BinaryIO, length: int) -> bytes:
    body = reader.read(length) if length else b""
    if len(body) < length:
        raise ConnectionResetError("the client left in the middle of a request")
    return body


def _too_large() -> OssRefusal:
    return OssRefusal(400, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size.")


def to_request(head: Head) -> Request:
    """
    Return what is asked of the service, without its body; the bucket is named by the path or by the host.

    Raises:
        OssRefusal: InvalidURI, the address is not UTF-8.
    """
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
    return Request(head.method, bucket, key, parameters, head.headers, b"")


def _bucket_of_host(host: str) -> str:
    """Return the bucket that the host names (`bucket.oss-<region>.aliyuncs.com`, `bucket.localhost`), else ""."""
    name = host.partition(":")[0]
    first, _, rest = name.partition(".")
    is_service = rest == "localhost" or (rest.startswith("oss-") and rest.endswith(".aliyuncs.com"))
    return first if is_service else ""


def encode_response(response: Response, request_id: str, method: str, now: float, keep_alive: bool) -> bytes:
    """Return an answer with the headers that every answer has; without its body for a HEAD."""
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

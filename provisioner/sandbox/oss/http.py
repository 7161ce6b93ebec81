"""OSS's use of HTTP: the length of a body, the bucket and key that a request names, the head of an answer."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from urllib.parse import parse_qsl, unquote

from provisioner.sandbox.http.connection import Head, Unreadable, status_line
from provisioner.sandbox.oss.errors import OssRefusal, invalid_argument
from provisioner.sandbox.oss.messages import Request, Response, http_date, whole_number

MAXIMUM_BODY_BYTES = 512 * 1024 * 1024
_MAXIMUM_LENGTH = 10**17
"""Of what is called a length at all; what is longer than a body may be is refused as that."""


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


def refuse_unreadable(unreadable: Unreadable) -> OssRefusal:
    """Return the refusal of what cannot be read as a request."""
    if unreadable.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        return OssRefusal(400, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size.")
    return OssRefusal(400, "InvalidRequest", unreadable.message)


def to_request(head: Head) -> Request:
    """
    Return the request to the service, without its body; the path or the host names the bucket.

    Raises:
        OssRefusal: InvalidURI, the address is not UTF-8.
    """
    try:
        decoded = unquote(head.path, errors="strict").removeprefix("/")
        parameters = dict(parse_qsl(head.query, keep_blank_values=True, errors="strict"))
    except UnicodeDecodeError as error:
        raise OssRefusal(400, "InvalidURI", "Couldn't parse the specified URI.") from error
    bucket = _bucket_of_host(head.headers.get("host", ""))
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


def encode_response(response: Response, request_id: str, method: str, now: float, *, keep_alive: bool) -> bytes:
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
    lines = [f"{name}: {value}\r\n" for name, value in headers.items()]
    head = f"{status_line(response.status)}{''.join(lines)}\r\n".encode()
    return head if method == "HEAD" else head + response.body

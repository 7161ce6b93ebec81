"""The door: what comes out of connections goes to the OpenAPI; answers and refusals go back as JSON documents."""

from __future__ import annotations

import ipaddress
import re
import time
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import formatdate
from http import HTTPStatus

from provisioner.sandbox.cloud import Cloud, ConnectionLost
from provisioner.sandbox.http.connection import Connection, Head, Unreadable, status_line
from provisioner.sandbox.http.server import Server
from provisioner.sandbox.http.tls import Certificates
from provisioner.sandbox.wire.openapi import OpenApi

_LARGEST_BODY = 2**20
_LENGTH = re.compile(r"[0-9]{1,9}")


class _Door:
    """Speaks HTTP on behalf of a cloud's services."""

    def __init__(self, openapi: OpenApi) -> None:
        self._openapi = openapi

    def serve(self, client: Connection, before_waiting: Callable[[], None]) -> bool:
        """Answer the requests that have arrived; return whether the connection stays open."""
        try:
            while (head := client.next_head()) is not None:
                length = _length_of_body(head)
                client.invite_body(length)
                body = client.take_body(length)
                if body is None:
                    return True
                answer = self._openapi.answer(head, body, datetime.now(UTC), before_waiting)
                client.send(_encode(*answer, keeps_open=head.keeps_open), before_waiting)
                if not head.keeps_open:
                    return False
        except Unreadable as unreadable:
            before_waiting()
            client.send(_encode(*self._openapi.refuse(unreadable), keeps_open=False), before_waiting)
            client.discard()
            return False
        except ConnectionLost as lost:
            if lost.is_reset:
                client.reset()
            return False
        return True


def _length_of_body(head: Head) -> int:
    length = head.headers.get("content-length", "0")
    if "transfer-encoding" in head.headers or not _LENGTH.fullmatch(length) or int(length) > _LARGEST_BODY:
        raise Unreadable(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "The request body is too large.")
    return int(length)


def _encode(status: int, body: bytes, request_id: str, *, keeps_open: bool) -> bytes:
    """Return an answer that is a JSON document."""
    connection = "" if keeps_open else "Connection: close\r\n"
    head = (
        f"{status_line(status)}"
        f"Server: sandbox\r\nDate: {formatdate(int(time.time()), usegmt=True)}\r\n"
        f"Content-Type: application/json;charset=utf-8\r\nContent-Length: {len(body)}\r\n"
        f"{connection}x-acs-request-id: {request_id}\r\n\r\n"
    )
    return head.encode("latin-1") + body


def serve_cloud(cloud: Cloud, host: str = "127.0.0.1", port: int = 0) -> Server:
    """
    Serve a cloud's actions over HTTP and TLS; port 0 takes a free one.

    Raises:
        ValueError: the host is not a loopback address.
    """
    if not ipaddress.ip_address(host).is_loopback:
        raise ValueError(f"the sandbox listens on loopback addresses only, not on {host}")
    certificates = Certificates(cloud.directory / "tls")
    return Server(_Door(OpenApi(cloud)), certificates, name="sandbox-wire", address=(host, port), shares_a_thread=True)

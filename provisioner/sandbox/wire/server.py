"""The server: HTTP/1.1 with keep-alive, one thread per connection, loopback only."""

from __future__ import annotations

import ipaddress
import json
import socket
import threading
import uuid
from datetime import UTC, datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from provisioner.sandbox.cloud import ActionError, Cloud
from provisioner.sandbox.cloud.call import SERVED_AT
from provisioner.sandbox.wire.signature import check

_LARGEST_BODY = 2**20


class Server:
    """A running HTTP door; close it to stop."""

    def __init__(self, listener: _Listener) -> None:
        """Use `serve_cloud`."""
        self._listener = listener
        host, port = listener.server_address[:2]
        self.url = f"http://{host!s}:{port}"
        self._thread = threading.Thread(target=listener.serve_forever, args=(0.05,), name="sandbox-wire", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop listening, end the open connections and wait for their threads."""
        self._listener.shutdown()
        self._thread.join()
        self._listener.hang_up()
        self._listener.server_close()

    def __enter__(self) -> Server:
        """Return the server itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close."""
        self.close()


def serve_cloud(cloud: Cloud, host: str = "127.0.0.1", port: int = 0) -> Server:
    """
    Serve a cloud's actions over HTTP; port 0 takes a free one.

    Raises:
        ValueError: the host is not a loopback address.
    """
    if not ipaddress.ip_address(host).is_loopback:
        raise ValueError(f"the sandbox listens on loopback addresses only, not on {host}")
    return Server(_Listener((host, port), cloud))


class _Listener(ThreadingHTTPServer):
    daemon_threads = False
    block_on_close = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], cloud: Cloud) -> None:
        self.cloud = cloud
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        super().__init__(address, _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def hang_up(self) -> None:
        """End the open connections; idle ones would otherwise keep their threads waiting for a next request."""
        with self._lock:
            for connection in self._open:
                try:
                    connection.shutdown(socket.SHUT_RDWR)
                except OSError:
                    continue

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing about connections that broke off; failures of an action never get here."""


class _Handler(BaseHTTPRequestHandler):
    server: _Listener
    protocol_version = "HTTP/1.1"
    server_version = "sandbox"
    disable_nagle_algorithm = True
    wbufsize = -1  # head and body leave in one packet

    def do_GET(self) -> None:
        """Serve an action whose parameters are all in the query."""
        self._serve({})

    def do_POST(self) -> None:
        """Serve an action whose parameters are in the query, in the form or in both."""
        length = self.headers.get("Content-Length", "0")
        if not length.isdecimal() or int(length) > _LARGEST_BODY or "Transfer-Encoding" in self.headers:
            self.close_connection = True
            self._answer(413, {"Code": "RequestTooLarge", "Message": "The request body is too large."})
            return
        body = self.rfile.read(int(length)).decode("utf-8", "replace")
        self._serve(dict(parse_qsl(body, keep_blank_values=True)))

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: the cloud keeps its own access log."""

    def _serve(self, form: dict[str, str]) -> None:
        parameters = {**dict(parse_qsl(urlsplit(self.path).query, keep_blank_values=True)), **form}
        try:
            self._answer(HTTPStatus.OK, self._call(parameters))
        except ActionError as error:
            self._answer(
                error.http_status,
                {"Code": error.code, "Message": error.message, "RequestId": error.request_id},
            )
        except Exception as error:  # a bug must reach the client as an answer, not as a dead connection
            # Its type alone: the text could quote a parameter that must not be shown.
            name = type(error).__name__
            self._answer(500, {"Code": "InternalError", "Message": f"The sandbox failed with {name}."})

    def _call(self, parameters: dict[str, str]) -> dict[str, Any]:
        access_key_id = parameters.get("AccessKeyId", "")
        if not access_key_id:
            raise ActionError("MissingAccessKeyId", "AccessKeyId is mandatory for this action.")
        cloud = self.server.cloud
        secret = cloud.secret_of(access_key_id)
        if secret is None:
            raise ActionError("InvalidAccessKeyId.NotFound", "Specified access key is not found.", 404)
        check(self.command, parameters, secret, datetime.now(UTC))
        action = parameters.get("Action") or str(self.headers.get("x-acs-action", ""))
        version = parameters.get("Version") or str(self.headers.get("x-acs-version", ""))
        for name, value in (("Action", action), ("Version", version)):
            if not value:
                raise ActionError(f"Missing{name}", f"{name} is mandatory for this action.")
        given = {**parameters, SERVED_AT: self.headers.get("Host", "")}
        return cloud.call(cloud.caller(access_key_id), version, action, given)

    def _answer(self, status: int, document: dict[str, Any]) -> None:
        if "Code" in document:
            document["RequestId"] = document.get("RequestId") or str(uuid.uuid4()).upper()
            document["HostId"] = self.headers.get("Host", "")
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json;charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("x-acs-request-id", document["RequestId"])
        self.end_headers()
        self.wfile.write(body)

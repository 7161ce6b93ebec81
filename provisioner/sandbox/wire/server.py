"""The server: HTTP/1.1 with keep-alive, one port for plain and TLS, one thread per connection, loopback only."""

from __future__ import annotations

import contextlib
import ipaddress
import json
import socket
import struct
import threading
import uuid
from datetime import UTC, datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from provisioner.sandbox.cloud import ActionError, Cloud, ConnectionLost
from provisioner.sandbox.cloud.call import SERVED_AT
from provisioner.sandbox.wire import authorization, signature, versions
from provisioner.sandbox.wire.bodies import read_form, read_json
from provisioner.sandbox.wire.nonces import Nonces
from provisioner.sandbox.wire.tls import Certificates

_LARGEST_BODY = 2**20
_TLS_HANDSHAKE = b"\x16"
"""The first byte of a TLS connection; no HTTP method begins with it."""


class Server:
    """A running HTTP door, which also takes TLS; close it to stop."""

    def __init__(self, listener: _Listener) -> None:
        """Use `serve_cloud`."""
        self._listener = listener
        host, port = listener.server_address[:2]
        self.url = f"http://{host!s}:{port}"
        self._thread = threading.Thread(target=listener.serve_forever, args=(0.05,), name="sandbox-wire", daemon=True)
        self._thread.start()

    @property
    def ca_path(self) -> Path:
        """The certificate (PEM) that clients trust who come over TLS; it is made when it is first asked for."""
        return self._listener.certificates.ca_path

    def close(self) -> None:
        """Stop listening, end the open connections and wait for their threads."""
        # shutdown() waits for the listener to look up from its socket; a connection of our own makes it do so at once.
        stopping = threading.Thread(target=self._listener.shutdown)
        stopping.start()
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", self._listener.server_port), timeout=1).close()
        stopping.join()
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
    Serve a cloud's actions over HTTP and TLS; port 0 takes a free one.

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
        self.certificates = Certificates(cloud.directory / "tls")
        # A timestamp may be that far in the future and is then accepted until it is that far in the past.
        self.nonces = Nonces(2 * signature.LARGEST_SKEW)
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        super().__init__(address, _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def finish_request(self, request: Any, client_address: Any) -> None:
        """Serve a connection, in its own thread."""
        if request.recv(1, socket.MSG_PEEK) != _TLS_HANDSHAKE:
            super().finish_request(request, client_address)
            return
        context = self.certificates.context()
        with self._lock:
            # This takes the socket out of `request`, so the two change places while nobody hangs up.
            secured = context.wrap_socket(request, server_side=True, do_handshake_on_connect=False)
            self._open.discard(request)
            self._open.add(secured)
        try:
            secured.do_handshake()
            super().finish_request(secured, client_address)
        finally:
            self.shutdown_request(secured)

    def shutdown_request(self, request: Any) -> None:
        with self._lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def hang_up(self) -> None:
        """End the open connections; idle ones would otherwise keep their threads waiting for a next request."""
        with self._lock:
            for connection in self._open:
                try:
                    # The socket's own, not TLS's, which would take the connection from under its thread.
                    socket.socket.shutdown(connection, socket.SHUT_RDWR)
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
        self._serve(b"")

    def do_POST(self) -> None:
        """Serve an action whose parameters are in the query, in the body or in both."""
        length = self.headers.get("Content-Length", "0")
        if not length.isdecimal() or int(length) > _LARGEST_BODY or "Transfer-Encoding" in self.headers:
            self.close_connection = True
            self._answer(413, {"Code": "RequestTooLarge", "Message": "The request body is too large."})
            return
        self._serve(self.rfile.read(int(length)))

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: the cloud keeps its own access log."""

    def _serve(self, body: bytes) -> None:
        try:
            self._answer(HTTPStatus.OK, self._call(body))
        except ActionError as error:
            self._answer(
                error.http_status,
                {"Code": error.code, "Message": error.message, "RequestId": error.request_id},
            )
        except ConnectionLost as lost:
            self._hang_up(is_reset=lost.is_reset)
        except Exception as error:  # a bug must reach the client as an answer, not as a dead connection
            # Its type alone: the text could quote a parameter that must not be shown.
            name = type(error).__name__
            self._answer(500, {"Code": "InternalError", "Message": f"The sandbox failed with {name}."})

    def _call(self, body: bytes) -> dict[str, Any]:
        address = urlsplit(self.path)
        query = dict(parse_qsl(address.query, keep_blank_values=True))
        header = str(self.headers.get("Authorization", ""))
        if authorization.is_signed_in_header(header):
            access_key_id, parameters = self._check_header(header, address.path, query, body)
        else:
            access_key_id, parameters = self._check_parameters({**query, **read_form(body)})
        action = parameters.get("Action") or str(self.headers.get("x-acs-action", ""))
        asked = parameters.get("Version") or str(self.headers.get("x-acs-version", ""))
        for name, value in (("Action", action), ("Version", asked)):
            if not value:
                raise signature.missing(name)
        cloud = self.server.cloud
        version, given = versions.to_actions(asked, parameters)
        given[SERVED_AT] = str(self.headers.get("Host", ""))
        return versions.from_actions(asked, cloud.call(cloud.caller(access_key_id), version, action, given))

    def _check_parameters(self, parameters: dict[str, str]) -> tuple[str, dict[str, str]]:
        """Return who calls with which parameters, for a request that carries its signature among them."""
        access_key_id = parameters.get("AccessKeyId", "")
        if not access_key_id:
            raise signature.missing("AccessKeyId")
        now = datetime.now(UTC)
        signature.check(self.command, parameters, self._secret_of(access_key_id), now)
        self.server.nonces.use(access_key_id, parameters["SignatureNonce"], now)
        return access_key_id, parameters

    def _check_header(self, header: str, path: str, query: dict[str, str], body: bytes) -> tuple[str, dict[str, str]]:
        """Return who calls with which parameters, for a request that carries its signature in a header."""
        given = authorization.read_authorization(header)
        now = datetime.now(UTC)
        headers = {name.lower(): ",".join(sorted(self.headers.get_all(name, []))) for name in set(self.headers)}
        request = authorization.Request(self.command, path, query, headers, body)
        authorization.check(given, request, self._secret_of(given.access_key_id), now)
        self.server.nonces.use(given.access_key_id, headers["x-acs-signature-nonce"], now)
        read = read_json if "json" in headers.get("content-type", "") and body else read_form
        # The signed headers say which action it is, whatever the parameters say.
        named = {"Action": headers["x-acs-action"], "Version": headers["x-acs-version"]}
        return given.access_key_id, {**query, **read(body), **named}

    def _secret_of(self, access_key_id: str) -> str:
        secret = self.server.cloud.secret_of(access_key_id)
        if secret is None:
            raise ActionError("InvalidAccessKeyId.NotFound", "Specified access key is not found.", 404)
        return secret

    def _hang_up(self, *, is_reset: bool) -> None:
        """End the connection without an answer."""
        self.close_connection = True
        if is_reset:
            # With no time to linger, closing sends a reset; whoever closes after us must find nothing to end in order.
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()

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

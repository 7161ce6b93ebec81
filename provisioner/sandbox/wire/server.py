"""The server: one port for plain HTTP and TLS, loopback only."""

from __future__ import annotations

import contextlib
import ipaddress
import logging
import selectors
import socket
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from provisioner.sandbox.cloud import Cloud, ConnectionLost
from provisioner.sandbox.tls import Certificates, is_handshake
from provisioner.sandbox.wire.http import Connection, Unreadable
from provisioner.sandbox.wire.openapi import OpenApi

_LOG = logging.getLogger(__name__)


class Server:
    """
    A running HTTP door, which also takes TLS; close it to stop.

    One thread serves every plain connection: handing the work from thread to thread for each request takes as long as
    many an action. Whenever it has to wait on behalf of one client, another thread takes its place and it goes on with
    that client alone. A connection over TLS has a thread of its own.
    """

    def __init__(self, cloud: Cloud, host: str, port: int) -> None:
        """Use `serve_cloud`."""
        self._openapi = OpenApi(cloud)
        self._certificates = Certificates(cloud.directory / "tls")
        self._listener = socket.create_server((host, port), backlog=128)
        self._listener.setblocking(False)
        self._address = self._listener.getsockname()[:2]
        self.url = f"http://{self._address[0]}:{self._address[1]}"
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._clients: set[Connection] = set()
        self._threads: set[threading.Thread] = set()
        self._lock = threading.Lock()
        self._is_closing = False
        self._start(self._serve)

    @property
    def ca_path(self) -> Path:
        """The certificate (PEM) that clients trust who come over TLS; it is made when it is first asked for."""
        return self._certificates.ca_path

    def close(self) -> None:
        """Stop listening, end the open connections and wait for the threads; may be called twice."""
        self._is_closing = True
        # A connection of our own wakes the thread that serves.
        with contextlib.suppress(OSError):
            socket.create_connection(self._address, timeout=1).close()
        with self._lock:
            for client in self._clients:
                # The socket's own shutdown, not TLS's, which would take the connection from under its thread.
                with contextlib.suppress(OSError):
                    socket.socket.shutdown(client.socket, socket.SHUT_RDWR)
        while threads := self._running():
            for thread in threads:
                thread.join()
        for client in list(self._clients):
            self._end(client)
        self._listener.close()
        self._selector.close()

    def __enter__(self) -> Server:
        """Return the server itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close."""
        self.close()

    def _start(self, work: Callable[..., None], *arguments: object) -> threading.Thread:
        thread = threading.Thread(target=work, args=arguments, name="sandbox-wire", daemon=True)
        with self._lock:
            self._threads = {one for one in self._threads if one.is_alive()} | {thread}
            thread.start()
        return thread

    def _running(self) -> list[threading.Thread]:
        with self._lock:
            return [thread for thread in self._threads if thread.is_alive()]

    def _serve(self) -> None:
        """Serve the clients that have sent something, until another thread does."""
        while not self._is_closing:
            for key, _ in self._selector.select():
                if key.fileobj is self._listener:
                    self._accept()
                elif not self._attend(key.data):
                    return

    def _accept(self) -> None:
        with contextlib.suppress(OSError):  # it was gone before it was accepted
            accepted, _ = self._listener.accept()
            accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            client = Connection(accepted)
            with self._lock:
                self._clients.add(client)
            self._selector.register(accepted, selectors.EVENT_READ, client)

    def _attend(self, client: Connection) -> bool:
        """Serve a client that has sent something; return whether this thread still serves the others."""
        serving = True

        def before_waiting() -> None:
            nonlocal serving
            if serving:
                self._selector.unregister(client.socket)
                try:
                    self._start(self._serve)
                    serving = False
                except RuntimeError:  # no thread is to be had: the others wait, too
                    self._selector.register(client.socket, selectors.EVENT_READ, client)

        try:
            if client.is_new and is_handshake(client.socket):
                self._selector.unregister(client.socket)
                try:
                    self._start(self._serve_secured, client)
                except RuntimeError:  # no thread is to be had for it, and without one it cannot be served
                    self._end(client)
                return True
            stays = client.read() and self._answer(client, before_waiting)
        except OSError:
            stays = False  # the client went away; there is nobody to tell
        except Exception:  # a bug that one client brings out must not end the others
            _LOG.exception("the sandbox's HTTP door failed")
            stays = False
        if not stays:
            if serving:
                self._selector.unregister(client.socket)
            self._end(client)
        elif not serving:
            self._selector.register(client.socket, selectors.EVENT_READ, client)
        return serving

    def _serve_secured(self, client: Connection) -> None:
        """Serve a connection over TLS, in its own thread."""
        try:
            context = self._certificates.context()
            with self._lock:
                # This takes the socket out of the plain one, so the two change places while nobody hangs up.
                client.socket = secured = context.wrap_socket(
                    client.socket, server_side=True, do_handshake_on_connect=False
                )
            secured.do_handshake()
            while client.read() and self._answer(client, lambda: None):
                pass
        except OSError:
            pass  # the client went away, or speaks no TLS that we do; there is nobody to tell
        finally:
            self._end(client)

    def _answer(self, client: Connection, before_waiting: Callable[[], None]) -> bool:
        """Answer the requests that have arrived; return whether the connection stays open."""
        try:
            while (request := client.next_request()) is not None:
                answer = self._openapi.answer(request, datetime.now(UTC), before_waiting)
                client.answer(*answer, keeps_open=request.keeps_open, before_waiting=before_waiting)
                if not request.keeps_open:
                    return False
        except Unreadable as unreadable:
            before_waiting()
            client.answer(*self._openapi.refuse(unreadable), keeps_open=False, before_waiting=before_waiting)
            client.discard()
            return False
        except ConnectionLost as lost:
            if lost.is_reset:
                client.reset()
            return False
        return True

    def _end(self, client: Connection) -> None:
        with self._lock:
            self._clients.discard(client)
        client.socket.close()


def serve_cloud(cloud: Cloud, host: str = "127.0.0.1", port: int = 0) -> Server:
    """
    Serve a cloud's actions over HTTP and TLS; port 0 takes a free one.

    Raises:
        ValueError: the host is not a loopback address.
    """
    if not ipaddress.ip_address(host).is_loopback:
        raise ValueError(f"the sandbox listens on loopback addresses only, not on {host}")
    return Server(cloud, host, port)

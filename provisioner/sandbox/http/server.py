"""The server of both doors: one loopback port for plain HTTP and TLS, keep-alive, and an end that waits for threads."""

from __future__ import annotations

import contextlib
import logging
import selectors
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from provisioner.sandbox.http.connection import Connection
from provisioner.sandbox.http.tls import Certificates, is_handshake

_LOG = logging.getLogger(__name__)
_BUSY_SECONDS = 0.01


class Service(Protocol):
    """Answers requests."""

    def serve(self, client: Connection, before_waiting: Callable[[], None]) -> bool:
        """
        Answer the requests that have arrived; return whether the connection stays open.

        `before_waiting` is called before anything slow, so that other clients need not wait as well.

        Raises:
            OSError: the connection broke.
        """


class Server:
    """
    A running HTTP door, which also takes TLS; close it to stop.

    By default every connection has its own thread. If the door `shares_a_thread`, one thread serves every plain
    connection: handing the work from thread to thread for each request takes as long as many an action. Whenever it has
    to wait on behalf of one client, another thread takes its place and it goes on with that client alone.
    """

    def __init__(
        self,
        service: Service,
        certificates: Certificates,
        *,
        name: str,
        address: tuple[str, int],
        shares_a_thread: bool = False,
        close_seconds: float | None = None,
        on_close: Callable[[], None] = lambda: None,
    ) -> None:
        """
        Listen on `address`; port 0 takes a free one.

        `name` is what threads and the log call it. Closing waits for each thread, at most `close_seconds`, and then
        calls `on_close`.
        """
        self._service = service
        self._certificates = certificates
        self._name = name
        self._shares_a_thread = shares_a_thread
        self._close_seconds = close_seconds
        self._on_close = on_close
        self._listener = socket.create_server(address, backlog=128)
        self._listener.setblocking(False)
        self._address = self._listener.getsockname()[:2]
        self.url = f"http://{self._address[0]}:{self._address[1]}"
        """The endpoint for clients."""
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._clients: set[Connection] = set()
        self._threads: set[threading.Thread] = set()
        self._lock = threading.Lock()
        self._is_closing = False
        self._start(self._listen)

    @property
    def ca_path(self) -> Path:
        """The certificate (PEM) that clients trust who come over TLS; it is made when it is first asked for."""
        return self._certificates.ca_path

    def close(self) -> None:
        """Stop listening, end the open connections and wait for the threads; may be called twice."""
        with self._lock:
            if self._is_closing:
                return
            self._is_closing = True
        # A connection of our own wakes the thread that listens.
        with contextlib.suppress(OSError):
            socket.create_connection(self._address, timeout=1).close()
        with self._lock:
            for client in self._clients:
                # The socket's own shutdown, not TLS's, which would take the connection from under its thread.
                with contextlib.suppress(OSError):
                    socket.socket.shutdown(client.socket, socket.SHUT_RDWR)
        waited_for: set[threading.Thread] = set()
        # A thread may have started another one before it ended.
        while threads := self._running() - waited_for:
            for thread in threads:
                thread.join(self._close_seconds)
            waited_for |= threads
        for client in list(self._clients):
            self._end(client)
        self._listener.close()
        self._selector.close()
        self._on_close()

    def __enter__(self) -> Server:
        """Return the server itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close."""
        self.close()

    def _start(self, work: Callable[..., None], *arguments: object) -> None:
        """
        Do some work in a separate thread.

        Raises:
            RuntimeError: no thread is to be had.
        """
        thread = threading.Thread(target=work, args=arguments, name=self._name, daemon=True)
        with self._lock:
            self._threads = {one for one in self._threads if one.is_alive()} | {thread}
            thread.start()

    def _running(self) -> set[threading.Thread]:
        with self._lock:
            return {thread for thread in self._threads if thread.is_alive()}

    def _listen(self) -> None:
        """Accept connections, and serve the clients that have sent something, until another thread does."""
        while not self._is_closing:
            for key, _ in self._selector.select():
                if key.fileobj is self._listener:
                    self._accept()
                elif not self._attend(key.data):
                    return

    def _accept(self) -> None:
        try:
            accepted, _ = self._listener.accept()
        except (BlockingIOError, ConnectionError):  # it was gone before it was accepted
            return
        except OSError:
            time.sleep(_BUSY_SECONDS)  # no descriptor is free: connections that end give theirs back
            return
        client = Connection(accepted)
        with self._lock:
            if self._is_closing:
                accepted.close()
                return
            self._clients.add(client)
        try:
            accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._shares_a_thread:
                self._selector.register(accepted, selectors.EVENT_READ, client)
            else:
                self._start(self._serve_alone, client)
        # The client is gone again, or there is no thread for it; clients that are being served stay.
        except (OSError, RuntimeError):
            self._end(client)

    def _attend(self, client: Connection) -> bool:
        """Serve a client that has sent something; return whether this thread still serves the others."""
        serving = True

        def before_waiting() -> None:
            nonlocal serving
            if serving:
                self._selector.unregister(client.socket)
                try:
                    self._start(self._listen)
                    serving = False
                except RuntimeError:  # no thread is to be had: the others wait, too
                    self._selector.register(client.socket, selectors.EVENT_READ, client)

        try:
            if client.is_new and is_handshake(client.socket):
                self._selector.unregister(client.socket)
                try:
                    self._start(self._serve_alone, client)
                except RuntimeError:  # no thread is to be had for it, and without one it cannot be served
                    self._end(client)
                return True
            stays = client.read() and self._service.serve(client, before_waiting)
        except OSError:
            stays = False  # the client went away
        except Exception:  # a bug that one client brings out must not end the others
            _LOG.exception("%s failed", self._name)
            stays = False
        if not stays:
            if serving:
                self._selector.unregister(client.socket)
            self._end(client)
        elif not serving:
            self._selector.register(client.socket, selectors.EVENT_READ, client)
        return serving

    def _serve_alone(self, client: Connection) -> None:
        """Serve a client until it leaves, in a thread of its own."""
        try:
            if is_handshake(client.socket):
                self._secure(client)
            while client.read() and self._service.serve(client, _go_on):
                pass
        except OSError:
            pass  # the client went away, or speaks no TLS that we do
        except Exception:
            _LOG.exception("%s failed", self._name)
        finally:
            self._end(client)

    def _secure(self, client: Connection) -> None:
        """Make a connection one over TLS."""
        context = self._certificates.context()
        with self._lock:
            # This takes the socket out of the plain one, so the two change places while `close` cannot hang up.
            client.socket = secured = context.wrap_socket(
                client.socket, server_side=True, do_handshake_on_connect=False
            )
        secured.do_handshake()

    def _end(self, client: Connection) -> None:
        with self._lock:
            self._clients.discard(client)
        client.socket.close()


def _go_on() -> None:
    """Let the thread wait: it serves this client alone."""

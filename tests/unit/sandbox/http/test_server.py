"""The server of both doors, with a service that answers each request with its path, if at all."""

from __future__ import annotations

import http.client
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import TypeAlias
from urllib.parse import urlsplit

import pytest

from provisioner.sandbox.http.connection import Connection, status_line
from provisioner.sandbox.http.server import Server
from provisioner.sandbox.http.tls import Certificates

Connect: TypeAlias = Callable[[], http.client.HTTPConnection]


class Echo:
    """Answers with the path; `/stuck` keeps its thread until `released`, `/bug` fails."""

    def __init__(self) -> None:
        self.released = threading.Event()

    def serve(self, client: Connection, before_waiting: Callable[[], None]) -> bool:
        while (head := client.next_head()) is not None:
            client.take_body(0)
            if head.path == "/bug":
                raise ZeroDivisionError
            if head.path == "/stuck":
                before_waiting()
                self.released.wait(10)
            body = head.path.encode()
            client.send(f"{status_line(200)}Content-Length: {len(body)}\r\n\r\n".encode() + body, before_waiting)
        return True


@pytest.fixture(params=[False, True], ids=["a thread each", "a thread for all"])
def shares_a_thread(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.fixture
def echo() -> Iterator[Echo]:
    service = Echo()
    yield service
    service.released.set()


@pytest.fixture
def server(echo: Echo, tmp_path: Path, shares_a_thread: bool) -> Iterator[Server]:
    certificates = Certificates(tmp_path)
    with Server(
        echo,
        certificates,
        name="sandbox-echo",
        address=("127.0.0.1", 0),
        shares_a_thread=shares_a_thread,
        close_seconds=0.1,
    ) as running:
        yield running


@pytest.fixture
def connect(server: Server) -> Iterator[Connect]:
    with ExitStack() as stack:
        yield lambda: stack.enter_context(closing(http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=5)))


def get(connection: http.client.HTTPConnection, path: str) -> bytes:
    connection.request("GET", path)
    return connection.getresponse().read()


def test_a_client_that_waits_lets_others_pass(connect: Connect, echo: Echo) -> None:
    first, second = connect(), connect()
    first.request("GET", "/stuck")
    assert get(second, "/other") == b"/other"
    echo.released.set()
    assert first.getresponse().read() == b"/stuck"
    assert get(first, "/again") == b"/again"


def test_a_bug_ends_the_connection_that_brings_it_out_and_no_other(
    connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    first, second = connect(), connect()
    assert get(second, "/before") == b"/before"
    with pytest.raises((http.client.RemoteDisconnected, ConnectionResetError)):
        get(first, "/bug")
    assert get(second, "/after") == b"/after"
    assert [record.getMessage() for record in caplog.records] == ["sandbox-echo failed"]


def test_closing_waits_no_longer_for_a_thread_than_it_is_told(server: Server, connect: Connect) -> None:
    connection = connect()
    connection.request("GET", "/stuck")
    time.sleep(0.05)
    started = time.monotonic()
    server.close()
    assert time.monotonic() - started < 2


@pytest.mark.parametrize("error", [OSError(24, "Too many open files"), ConnectionAbortedError()], ids=str)
def test_a_connection_that_cannot_be_accepted_ends_nothing(
    connect: Connect, error: OSError, monkeypatch: pytest.MonkeyPatch
) -> None:
    accept, failing = socket.socket.accept, [True]

    def fail_once(listener: socket.socket) -> tuple[socket.socket, object]:
        if failing:
            failing.pop()
            raise error
        return accept(listener)

    monkeypatch.setattr(socket.socket, "accept", fail_once)
    assert get(connect(), "/served") == b"/served"
    assert failing == []

"""TLS on the OpenAPI port, which also takes plain HTTP."""

from __future__ import annotations

import http.client
import os
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from provisioner.sandbox.wire import Server, serve_cloud


@pytest.fixture
def server(account: Any) -> Iterator[Server]:
    with serve_cloud(account.cloud) as running:
        yield running


def trusting(ca: Path | None) -> ssl.SSLContext:
    """Return a context that trusts one authority, or none."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    # As strict as newer Pythons and Go are about what a certificate must say.
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    if ca is not None:
        context.load_verify_locations(ca)
    return context


def ask(connection: http.client.HTTPConnection) -> int:
    """Return the status of a request that is answered without looking at the cloud."""
    connection.request("GET", "/")
    answer = connection.getresponse()
    answer.read()
    return answer.status


def port_of(server: Server) -> int:
    return int(urlsplit(server.url).port or 0)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_tls_is_answered_by_name_and_by_address(server: Server, host: str) -> None:
    connection = http.client.HTTPSConnection(host, port_of(server), timeout=10, context=trusting(server.ca_path))
    assert (ask(connection), ask(connection)) == (400, 400)  # the second one on the same connection
    connection.close()


def test_plain_http_is_answered_beside_it(server: Server) -> None:
    secured = http.client.HTTPSConnection("127.0.0.1", port_of(server), context=trusting(server.ca_path), timeout=10)
    plain = http.client.HTTPConnection("127.0.0.1", port_of(server), timeout=10)
    assert (ask(secured), ask(plain), ask(secured)) == (400, 400, 400)
    secured.close()
    plain.close()


def test_a_client_that_does_not_trust_the_authority_gives_up(server: Server) -> None:
    connection = http.client.HTTPSConnection("127.0.0.1", port_of(server), timeout=10, context=trusting(None))
    with pytest.raises(ssl.SSLCertVerificationError):
        ask(connection)


def test_closing_ends_tls_connections_and_their_threads(account: Any) -> None:
    before = set(threading.enumerate())
    server = serve_cloud(account.cloud)
    connection = http.client.HTTPSConnection("127.0.0.1", port_of(server), timeout=10, context=trusting(server.ca_path))
    assert ask(connection) == 400
    server.close()
    assert set(threading.enumerate()) == before
    connection.close()


def test_a_run_without_tls_makes_no_certificates_and_imports_nothing_for_them(tmp_path: Path) -> None:
    program = """
import http.client, sys
from pathlib import Path
from provisioner.sandbox.wire import serve_cloud
class Cloud: directory = Path(sys.argv[1])
with serve_cloud(Cloud()) as server:
    connection = http.client.HTTPConnection(server.url.removeprefix("http://"))
    connection.request("GET", "/")
    print(connection.getresponse().status, (Cloud.directory / "tls").exists())
    connection.close()
print("provisioner.sandbox.http.tls" in sys.modules, [name for name in sys.modules if name.startswith("cryptography")])
"""
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[4])},
    )
    assert done.stdout.splitlines() == ["400 False", "True []"]

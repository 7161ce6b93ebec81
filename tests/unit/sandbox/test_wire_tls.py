"""TLS on the port that also takes plain HTTP, and the certificates that come with it."""

from __future__ import annotations

import http.client
import os
import ssl
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from cryptography import x509

from provisioner.sandbox.wire import Server, serve_cloud, tls
from provisioner.sandbox.wire.tls import Certificates


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


def test_only_the_owner_can_read_the_certificates(tmp_path: Path) -> None:
    directory = Certificates(tmp_path / "tls").ca_path.parent
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in directory.iterdir()}
    assert set(modes.values()) == {0o600}
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    assert modes.keys() == {"ca.pem", "ca-key.pem", "server.pem", "server-key.pem", "lock"}


def test_a_later_server_of_the_same_folder_has_the_same_certificates(tmp_path: Path) -> None:
    first = {path.name: path.read_bytes() for path in Certificates(tmp_path).ca_path.parent.iterdir()}
    assert {path.name: path.read_bytes() for path in Certificates(tmp_path).ca_path.parent.iterdir()} == first


def test_the_authority_vouches_for_loopback_alone_and_for_ten_years(tmp_path: Path) -> None:
    ca = x509.load_pem_x509_certificate(Certificates(tmp_path).ca_path.read_bytes())
    permitted = ca.extensions.get_extension_for_class(x509.NameConstraints).value.permitted_subtrees
    assert {str(subtree.value) for subtree in permitted or ()} == {"127.0.0.0/8", "::1/128", "localhost"}
    assert ca.not_valid_after_utc - datetime.now(UTC) > timedelta(days=3649)


def test_a_certificate_that_is_about_to_expire_is_renewed_by_the_same_authority(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tls, "_SERVER_LIFETIME", timedelta(days=29))
    ca = Certificates(tmp_path).ca_path.read_bytes()
    old = (tmp_path / "server.pem").read_bytes()
    monkeypatch.undo()
    assert Certificates(tmp_path).ca_path.read_bytes() == ca
    assert (tmp_path / "server.pem").read_bytes() != old


def test_no_certificate_outlives_its_authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tls, "_AUTHORITY_LIFETIME", timedelta(days=60))
    ca = x509.load_pem_x509_certificate(Certificates(tmp_path).ca_path.read_bytes())
    server = x509.load_pem_x509_certificate((tmp_path / "server.pem").read_bytes())
    assert server.not_valid_after_utc == ca.not_valid_after_utc


def test_an_authority_that_is_about_to_expire_is_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tls, "_AUTHORITY_LIFETIME", timedelta(days=29))
    old = Certificates(tmp_path).ca_path.read_bytes()
    monkeypatch.undo()
    ca = x509.load_pem_x509_certificate(Certificates(tmp_path).ca_path.read_bytes())
    assert ca != x509.load_pem_x509_certificate(old)
    x509.load_pem_x509_certificate((tmp_path / "server.pem").read_bytes()).verify_directly_issued_by(ca)


def test_a_running_server_renews_its_certificate_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tls, "_SERVER_LIFETIME", timedelta(days=29))
    certificates = Certificates(tmp_path)
    first = certificates.context()
    monkeypatch.undo()
    second = certificates.context()
    assert first is not second
    assert certificates.context() is second


@pytest.mark.parametrize("damaged", ["ca.pem", "ca-key.pem", "server.pem", "server-key.pem"])
def test_what_is_damaged_is_made_again(server: Server, damaged: str) -> None:
    (server.ca_path.parent / damaged).write_text("nonsense")
    again = Certificates(server.ca_path.parent)
    again.context()
    ca = x509.load_pem_x509_certificate(again.ca_path.read_bytes())
    x509.load_pem_x509_certificate((server.ca_path.parent / "server.pem").read_bytes()).verify_directly_issued_by(ca)


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
print("provisioner.sandbox.wire.tls" in sys.modules, [name for name in sys.modules if name.startswith("cryptography")])
"""
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[3])},
    )
    assert done.stdout.splitlines() == ["400 False", "True []"]

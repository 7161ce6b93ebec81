"""TLS on the port that also takes plain HTTP."""

from __future__ import annotations

import http.client
import ssl
import threading
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import oss2
import pytest

from provisioner.sandbox.oss import Fault, serve_oss
from provisioner.sandbox.wire import serve_cloud
from tests.unit.sandbox.oss.oss_service import SECRETS, Service, is_used_again


def over_tls(service: Service, ca: Path | None, host: str = "127.0.0.1") -> oss2.Bucket:
    """Return the bucket of `service` as a client sees it that trusts `ca` (None: what the machine trusts)."""
    session = oss2.Session()
    session.session.trust_env = False
    session.session.verify = True if ca is None else str(ca)
    endpoint = f"https://{host}:{urlsplit(service.server.url).port}"
    return oss2.Bucket(oss2.Auth("alice", SECRETS["alice"]), endpoint, "bucket", session=session)


def connect(service: Service) -> http.client.HTTPSConnection:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(service.server.ca_path)
    return http.client.HTTPSConnection(urlsplit(service.server.url).netloc, timeout=5, context=context)


def test_oss2_stores_and_reads_over_tls(service: Service) -> None:
    over_tls(service, service.server.ca_path).put_object("a", b"secured")
    assert service.bucket().get_object("a").read() == b"secured"


def test_body_larger_than_a_tls_record_arrives_whole(service: Service) -> None:
    body = bytes(range(256)) * 4096
    bucket = over_tls(service, service.server.ca_path)
    bucket.put_object("a", body)
    assert bucket.get_object("a").read() == body


def test_client_that_does_not_trust_the_authority_gives_up(service: Service) -> None:
    with pytest.raises(oss2.exceptions.RequestError, match="CERTIFICATE_VERIFY_FAILED"):
        over_tls(service, None).get_object("a")


def test_plain_http_is_answered_after_a_failed_handshake(service: Service) -> None:
    with pytest.raises(oss2.exceptions.RequestError):
        over_tls(service, None).get_object("a")
    assert service.raw("GET", "/").status == 403


def test_tls_connection_is_used_again(service: Service) -> None:
    assert is_used_again(connect(service))


def test_closing_ends_tls_connections_and_their_threads(tmp_path: Path) -> None:
    before = set(threading.enumerate())
    service = Service(tmp_path)
    connection = connect(service)
    connection.request("GET", "/")
    connection.getresponse().read()
    service.server.close()
    assert set(threading.enumerate()) == before
    connection.close()


def test_answer_is_lost_over_tls_too(tmp_path: Path) -> None:
    service = Service(tmp_path)
    server = serve_oss(tmp_path, SECRETS.get, str, intercept=lambda phase, request: Fault("reset"))
    service.server.close()
    service.server = server
    with pytest.raises(oss2.exceptions.RequestError):
        over_tls(service, server.ca_path).create_bucket()
    server.close()


def test_both_doors_of_a_sandbox_have_one_authority(account: Any) -> None:
    oss = serve_oss(account.cloud.directory, SECRETS.get, str)
    with serve_cloud(account.cloud) as openapi:
        assert oss.ca_path == openapi.ca_path
    oss.close()


def test_run_without_tls_makes_no_certificates(service: Service) -> None:
    service.bucket().put_object("a", b"plain")
    assert not (service.path / "tls").exists()

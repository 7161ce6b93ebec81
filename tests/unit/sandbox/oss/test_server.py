"""The wire, down to its bytes."""

from __future__ import annotations

import http.client
import time
from pathlib import Path
from urllib.parse import urlsplit

import oss2
import pytest

from provisioner.sandbox.oss import Fault, serve_oss
from tests.unit.sandbox.oss.oss_service import SECRETS, Service, is_used_again


def test_every_answer_has_a_date_and_a_request_id(service: Service) -> None:
    for target in ("/", "/bucket/a", "/missing"):
        response = service.raw("GET", target)
        assert response.getheader("Date")
        assert response.getheader("x-oss-request-id")


def test_a_bucket_may_be_named_by_the_host(service: Service) -> None:
    service.bucket().put_object("a/b", b"1")
    service.bucket().put_bucket_acl("public-read")
    for host in ("bucket.oss-cn-hangzhou.aliyuncs.com", "bucket.localhost:8080"):
        assert service.raw("GET", "/a/b", Host=host).body == b"1"  # type: ignore[attr-defined]


def test_a_connection_is_used_again(service: Service) -> None:
    assert is_used_again(http.client.HTTPConnection(urlsplit(service.server.url).netloc, timeout=5))


def test_a_chunked_body_is_put_together(service: Service) -> None:
    service.bucket().put_object("a", iter([b"12", b"345"]))
    assert service.bucket().get_object("a").read() == b"12345"


@pytest.mark.parametrize(
    "bytes_sent",
    [b"nonsense\r\n\r\n", b"GET / HTTP/1.1\r\nno colon\r\n\r\n", b"PUT /b HTTP/1.1\r\nContent-Length: x\r\n\r\n"],
)
def test_nonsense_is_answered_with_an_error(service: Service, bytes_sent: bytes) -> None:
    import socket

    parts = urlsplit(service.server.url)
    with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=5) as connection:
        connection.sendall(bytes_sent)
        assert connection.recv(100).startswith(b"HTTP/1.1 400 ")


def test_only_this_machine_is_listened_to(service: Service) -> None:
    assert service.server.url.startswith("http://127.0.0.1:")


def test_each_request_takes_the_latency_once(tmp_path: Path) -> None:
    slept: list[float] = []
    server = serve_oss(tmp_path, SECRETS.get, str, latency_ms=10, sleep=slept.append)
    oss2.Bucket(oss2.Auth("alice", "alice-secret"), server.url, "bucket").create_bucket()
    server.close()
    assert slept == [0.01]


def test_a_fault_may_lose_the_answer_but_not_the_effect(tmp_path: Path) -> None:
    faults = [None, None, None, Fault("reset")]
    server = serve_oss(tmp_path, SECRETS.get, str, intercept=lambda phase, request: faults.pop(0) if faults else None)
    bucket = oss2.Bucket(oss2.Auth("alice", "alice-secret"), server.url, "bucket")
    bucket.create_bucket()
    with pytest.raises(oss2.exceptions.RequestError):
        bucket.put_object("a", b"stored")
    assert bucket.get_object("a").read() == b"stored"
    server.close()


def test_closing_twice_is_harmless_and_quick(service: Service) -> None:
    started_at = time.monotonic()
    service.server.close()
    service.server.close()
    assert time.monotonic() - started_at < 1

"""What arrives at the door from anybody: bodies, documents and numbers that no client of ours would send."""

from __future__ import annotations

import logging
import socket
import time
from urllib.parse import urlsplit
from xml.etree import ElementTree

import oss2
import pytest

from tests.unit.sandbox.oss.oss_service import Service, refusal, signed_v1

HUGE = 400 * 1024 * 1024
MANY_DIGITS = "9" * 5000
BOMB = (
    "<?xml version='1.0' encoding='{0}'?><!DOCTYPE Tagging [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;'>]>"
    "<Tagging><TagSet><Tag><Key>&b;</Key><Value>1</Value></Tag></TagSet></Tagging>"
)


@pytest.fixture(autouse=True)
def nothing_fails_inside(service: Service, caplog: pytest.LogCaptureFixture):
    """Whatever arrives, the service logs no failure of its own and still answers."""
    yield
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING] == []
    assert service.raw("GET", "/").status == 403


def exchange(service: Service, head: str) -> tuple[bytes, float]:
    """Send a head and nothing else; return all that comes until the other side hangs up, and after how long it does."""
    parts = urlsplit(service.server.url)
    started = time.monotonic()
    with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=3) as connection:
        connection.sendall(head.replace("\n", "\r\n").encode())
        answer = b""
        while part := connection.recv(65536):
            answer += part
    return answer, time.monotonic() - started


def code_of(answer: bytes) -> str:
    return ElementTree.fromstring(answer.partition(b"\r\n\r\n")[2]).findtext("Code") or ""


def head(method: str, target: str, **headers: str) -> str:
    lines = "".join(f"{name.replace('_', '-')}: {value}\n" for name, value in headers.items())
    return f"{method} {target} HTTP/1.1\nHost: localhost\n{lines}\n"


def signed_v4(key: str) -> dict[str, str]:
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    scope = f"{key}/{stamp[:8]}/cn-hangzhou/oss/aliyun_v4_request"
    return {"x-oss-date": stamp, "Authorization": f"OSS4-HMAC-SHA256 Credential={scope},Signature={'0' * 64}"}


UNAUTHORISED = {
    "unsigned": (lambda: {}, "AccessDenied"),
    "an unknown key": (lambda: signed_v1("PUT", "/bucket/a") | {"Authorization": "OSS eve:x"}, "InvalidAccessKeyId"),
    "a wrong signature": (
        lambda: signed_v1("PUT", "/bucket/a") | {"Authorization": "OSS alice:x"},
        "SignatureDoesNotMatch",
    ),
    "a wrong version 4 signature": (lambda: signed_v4("alice"), "SignatureDoesNotMatch"),
    "an unknown key in version 4": (lambda: signed_v4("eve"), "InvalidAccessKeyId"),
}


@pytest.mark.parametrize("length", [{"Content-Length": str(HUGE)}, {"Transfer-Encoding": "chunked"}])
@pytest.mark.parametrize("who", UNAUTHORISED)
def test_no_body_is_waited_for_before_it_is_known_who_sends_it(service: Service, who: str, length: dict) -> None:
    sign, code = UNAUTHORISED[who]
    answer, seconds = exchange(service, head("PUT", "/bucket/a", **sign(), **length))
    assert (answer[:12], code_of(answer), seconds < 2) == (b"HTTP/1.1 403", code, True)


@pytest.mark.parametrize(
    ("target", "resource", "code"),
    [
        ("/bobs/a", "/bobs/a", "AccessDenied"),
        ("/bobs?encryption", "/bobs/?encryption", "AccessDenied"),
        ("/missing/a", "/missing/a", "NoSuchBucket"),
        ("/bucket/a?acl", "/bucket/a?acl", "NotImplemented"),
    ],
)
def test_no_body_is_waited_for_before_its_sender_may_do_that(
    service: Service, target: str, resource: str, code: str
) -> None:
    service.bucket("bobs", "bob").create_bucket()
    answer, _ = exchange(service, head("PUT", target, **signed_v1("PUT", resource), Content_Length=str(HUGE)))
    assert code_of(answer) == code


def test_who_asks_first_whether_to_send_a_body_is_not_told_to_go_on(service: Service) -> None:
    answer, _ = exchange(service, head("PUT", "/bucket/a", Expect="100-continue", Content_Length=str(HUGE)))
    assert answer.startswith(b"HTTP/1.1 403 ")


def test_a_client_that_sends_its_body_all_the_same_reads_the_refusal(service: Service) -> None:
    stranger = oss2.Bucket(oss2.Auth("alice", "wrong"), service.server.url, "bucket")
    assert refusal(lambda: stranger.put_object("a", b"x" * 1_000_000)) == (403, "SignatureDoesNotMatch")


def test_a_body_may_come_after_its_head(service: Service) -> None:
    """The server waits for the body of a caller who may send one."""
    parts = urlsplit(service.server.url)
    with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=3) as connection:
        text = head("PUT", "/bucket/a", **signed_v1("PUT", "/bucket/a"), Content_Length="3")
        connection.sendall(text.replace("\n", "\r\n").encode())
        time.sleep(0.1)
        connection.sendall(b"123")
        assert connection.recv(65536).startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize("length", ["-1", "+1", "1_0", "\u0663", "", "1.0", MANY_DIGITS, "9" * 30])
def test_a_length_that_is_no_number_is_refused(service: Service, length: str) -> None:
    answer, _ = exchange(service, head("PUT", "/bucket/a", **signed_v1("PUT", "/bucket/a"), Content_Length=length))
    assert (answer[:12], code_of(answer)) == (b"HTTP/1.1 400", "InvalidArgument")


def test_a_body_that_is_longer_than_the_service_takes_is_refused_unread(service: Service) -> None:
    signed = signed_v1("PUT", "/bucket/a")
    answer, _ = exchange(service, head("PUT", "/bucket/a", **signed, Content_Length=str(10**12)))
    assert code_of(answer) == "EntityTooLarge"


@pytest.mark.parametrize("size", ["-1", "+5", "0x5", "1_0", "g", "", "f" * 17])
def test_a_chunk_whose_size_is_no_number_is_refused(service: Service, size: str) -> None:
    signed = signed_v1("PUT", "/bucket/a")
    text = head("PUT", "/bucket/a", **signed, Transfer_Encoding="chunked") + f"{size}\n"
    answer, _ = exchange(service, text)
    assert code_of(answer) == "InvalidRequest"


def test_a_chunk_is_as_long_as_it_says_or_the_object_is_not_stored(service: Service) -> None:
    parts = urlsplit(service.server.url)
    with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=3) as connection:
        text = head("PUT", "/bucket/a", **signed_v1("PUT", "/bucket/a"), Transfer_Encoding="chunked") + "9\nabc"
        connection.sendall(text.replace("\n", "\r\n").encode())
        connection.shutdown(socket.SHUT_WR)
        assert connection.recv(65536) == b""
    assert not service.bucket().object_exists("a")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le", "utf-16-be"])
def test_a_document_type_is_refused_in_every_encoding(service: Service, encoding: str) -> None:
    service.bucket().put_object("a", b"1")
    document = BOMB.format("utf-16" if encoding.startswith("utf-16") else encoding).encode(encoding)
    assert refusal(lambda: service.bucket().put_object_tagging("a", document)) == (400, "MalformedXML")


@pytest.mark.parametrize(
    "document",
    [
        b"<?xml version='1.0' encoding='unheard-of'?><Tagging/>",
        b"<?xml version='1.0' encoding='big5'?><Tagging/>",
        b"\xff\xfe<",
        b"<Tagging>" * 100_000,
        b"<Tagging>" + b" " * 3_000_000 + b"</Tagging>",
        b"",
    ],
)
def test_a_document_that_cannot_be_read_is_refused(service: Service, document: bytes) -> None:
    service.bucket().put_object("a", b"1")
    assert refusal(lambda: service.bucket().put_object_tagging("a", document)) == (400, "MalformedXML")


def test_lifecycle_rules_may_come_in_another_encoding(service: Service) -> None:
    rule = "<Rule><ID>r</ID><Prefix>p</Prefix><Status>Enabled</Status><Expiration><Days>1</Days></Expiration></Rule>"
    document = f"<?xml version='1.0' encoding='utf-16'?><LifecycleConfiguration>{rule}</LifecycleConfiguration>"
    service.bucket().put_bucket_lifecycle(document.encode("utf-16"))
    assert service.bucket().get_bucket_lifecycle().rules[0].id == "r"


@pytest.mark.parametrize("number", ["0", "-1", "1001", "1.5", "abc", "\u0663", MANY_DIGITS])
def test_a_page_size_is_a_number_within_its_bounds(service: Service, number: str) -> None:
    assert refusal(lambda: service.bucket().list_objects(max_keys=number)) == (400, "InvalidArgument")
    assert refusal(lambda: service.bucket().list_multipart_uploads(max_uploads=number)) == (400, "InvalidArgument")


@pytest.mark.parametrize("number", ["0", "10001", "-1", "x", MANY_DIGITS])
def test_a_part_has_a_number_within_its_bounds(service: Service, number: str) -> None:
    assert refusal(lambda: service.bucket().upload_part("a", "id", number, b"1")) == (400, "InvalidArgument")


@pytest.mark.parametrize("days", ["0", "-1", "x", MANY_DIGITS])
def test_a_retention_has_days_within_their_bounds(service: Service, days: str) -> None:
    assert refusal(lambda: service.bucket().init_bucket_worm(days)) == (400, "InvalidArgument")


@pytest.mark.parametrize(
    "span", ["bytes=9-", "bytes=-", "bytes=2-1", f"bytes={MANY_DIGITS}-", f"bytes=0-{MANY_DIGITS}"]
)
def test_a_range_that_is_none_gets_the_whole_object(service: Service, span: str) -> None:
    service.bucket().put_object("a", b"12345")
    service.bucket().put_bucket_acl("public-read")
    answer = service.raw("GET", "/bucket/a", Range=span)
    assert (answer.status, answer.body) == (200, b"12345")  # type: ignore[attr-defined]


@pytest.mark.parametrize("digest", ["x", "\u00e9", "=", "A" * 100_00])
def test_a_digest_that_is_none_is_refused(service: Service, digest: str) -> None:
    service.bucket().put_bucket_acl("public-read-write")
    answer = service.raw("PUT", "/bucket/a", b"1", Content_MD5=digest.encode())  # type: ignore[arg-type]
    assert code_of(b"\r\n\r\n" + answer.body) == "InvalidDigest"  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "date",
    [
        "x",
        "",
        "Thu, 99 Foo 99999 99:99:99 GMT",
        "Thu, 01 Jan 99999 00:00:00 GMT",
        "Thu, 01 Jan 2026 00:00:00 +99999999999",
        "Thu, 99 Jan 2026 00:00:00 GMT",
        f"Thu, 01 Jan {MANY_DIGITS} 00:00:00 GMT",
    ],
)
def test_a_date_of_no_calendar_is_refused(service: Service, date: str) -> None:
    answer = service.raw("GET", "/", Date=date, Authorization="OSS alice:x")
    assert code_of(b"\r\n\r\n" + answer.body) in ("AccessDenied", "RequestTimeTooSkewed")  # type: ignore[attr-defined]


def test_a_service_without_free_threads_goes_on(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    import threading

    start, failing = threading.Thread.start, [True]

    def fail_once(thread: threading.Thread) -> None:
        if failing and thread.name == "sandbox-oss":
            failing.pop()
            raise RuntimeError("can't start new thread")
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", fail_once)
    assert exchange(service, "")[0] == b""
    assert service.raw("GET", "/").status == 403

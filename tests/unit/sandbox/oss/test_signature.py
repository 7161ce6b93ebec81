"""Both versions of a request's signature."""

from __future__ import annotations

from urllib.parse import urlsplit

import oss2
import pytest

from tests.unit.sandbox.oss.oss_service import Service, refusal


@pytest.mark.parametrize("key", ["plain", "with space", "slash/and+plus", "ümlaut/漢字", "a?b=c&d", "~tilde%41"])
def test_both_signature_versions_work_for_any_key(service: Service, key: str) -> None:
    service.bucket().put_object(key, b"1")
    assert service.bucket_v4().get_object(key).read() == b"1"


def test_the_other_class_of_version_4_signatures_works(service: Service) -> None:
    auth = oss2.AuthV4("alice", "alice-secret")
    bucket = oss2.Bucket(auth, service.server.url, "bucket", region="cn-hangzhou")
    bucket.put_object("a", b"", headers={"x-oss-meta-note": "words and  spaces"})
    assert bucket.head_object("a").headers["x-oss-meta-note"] == "words and  spaces"


def test_a_wrong_secret_does_not_match(service: Service) -> None:
    assert refusal(lambda: service.bucket(secret="no").get_object("a")) == (403, "SignatureDoesNotMatch")


def test_a_wrong_secret_does_not_match_in_version_4(service: Service) -> None:
    bucket = oss2.Bucket(oss2.AuthV4("alice", "no"), service.server.url, "bucket", region="cn-hangzhou")
    assert refusal(lambda: bucket.get_object("a")) == (403, "SignatureDoesNotMatch")


def test_an_unknown_access_key_is_refused(service: Service) -> None:
    assert refusal(lambda: service.bucket(key="eve", secret="x").get_object("a")) == (403, "InvalidAccessKeyId")


def test_a_secret_never_shows_in_a_refusal(service: Service) -> None:
    with pytest.raises(oss2.exceptions.ServerError) as caught:
        service.bucket(secret="no").get_object("a")
    assert b"alice-secret" not in caught.value.body


@pytest.mark.parametrize("minutes", [-16, 16])
def test_a_request_of_another_time_is_refused(service: Service, minutes: int) -> None:
    service.offset = minutes * 60.0
    assert refusal(lambda: service.bucket().get_object("a")) == (403, "RequestTimeTooSkewed")
    assert refusal(lambda: service.bucket_v4().get_object("a")) == (403, "RequestTimeTooSkewed")


def test_a_signed_request_cannot_be_changed(service: Service) -> None:
    seen: list[tuple[str, str, dict[str, str]]] = []

    class Session(oss2.Session):  # type: ignore[misc]
        def do_request(self, request: object, timeout: object) -> object:
            headers = {name: value for name, value in request.headers.items() if value}  # type: ignore[attr-defined]
            seen.append((request.method, urlsplit(request.url).path, headers))  # type: ignore[attr-defined]
            return super().do_request(request, timeout)

    auth = oss2.AuthV4("alice", "alice-secret")
    oss2.Bucket(auth, service.server.url, "bucket", region="cn-hangzhou", session=Session()).put_object("a", b"1")
    method, path, headers = seen[0]
    assert service.raw(method, path, b"1", **headers).status == 200
    assert service.raw(method, path + "b", b"1", **headers).status == 403
    assert service.raw(method, path, b"1", **headers | {"x-oss-meta-more": "1"}).status == 403
    assert service.raw("DELETE", path, **headers).status == 403

"""Objects: stored, read and deleted."""

from __future__ import annotations

import base64
import hashlib

import oss2
import pytest

from tests.unit.sandbox.oss.oss_service import Service, refusal


def test_an_object_comes_back_with_its_headers(service: Service) -> None:
    service.bucket().put_object("a", b"body", headers={"Content-Type": "text/x", "x-oss-meta-run": "r1"})
    answer = service.bucket().get_object("a")
    digest = hashlib.md5(b"body")
    assert answer.read() == b"body"
    assert {name: answer.headers[name] for name in ("Content-Type", "x-oss-meta-run", "ETag", "Content-MD5")} == {
        "Content-Type": "text/x",
        "x-oss-meta-run": "r1",
        "ETag": f'"{digest.hexdigest().upper()}"',
        "Content-MD5": base64.b64encode(digest.digest()).decode(),
    }


def test_a_head_has_the_length_and_no_body(service: Service) -> None:
    service.bucket().put_object("a", b"body")
    assert service.bucket().head_object("a").content_length == 4
    assert refusal(lambda: service.bucket().head_object("b")) == (404, "NoSuchKey")


@pytest.mark.parametrize(
    ("span", "expected"),
    [((0, 0), b"0"), ((2, 4), b"234"), ((7, None), b"789"), ((None, 3), b"789"), ((8, 99), b"89")],
)
def test_a_range_is_a_part_of_the_body(service: Service, span: tuple[int | None, int | None], expected: bytes) -> None:
    service.bucket().put_object("a", b"0123456789")
    assert service.bucket().get_object("a", byte_range=span).read() == expected


def test_an_impossible_range_gets_the_whole_object(service: Service) -> None:
    service.bucket().put_object("a", b"0123456789")
    answer = service.bucket().get_object("a", byte_range=(50, 60))
    assert (answer.status, answer.read()) == (200, b"0123456789")


def test_a_body_that_changed_on_its_way_is_refused(service: Service) -> None:
    wrong = base64.b64encode(hashlib.md5(b"other").digest()).decode()
    assert refusal(lambda: service.bucket().put_object("a", b"x", headers={"Content-MD5": wrong})) == (
        400,
        "InvalidDigest",
    )


@pytest.mark.parametrize("key", ["/a", "\\a", "x" * 1024])
def test_an_object_name_has_rules(service: Service, key: str) -> None:
    assert refusal(lambda: service.bucket_v4().put_object(key, b"")) == (400, "InvalidObjectName")


def test_an_object_is_overwritten_unless_that_is_forbidden(service: Service) -> None:
    bucket = service.bucket()
    bucket.put_object("a", b"1")
    bucket.put_object("a", b"2", headers={"x-oss-forbid-overwrite": "false"})
    assert refusal(lambda: bucket.put_object("a", b"3", headers={"x-oss-forbid-overwrite": "true"})) == (
        409,
        "FileAlreadyExists",
    )
    assert bucket.get_object("a").read() == b"2"


@pytest.mark.parametrize("status", ["Enabled", "Suspended"])
def test_forbidding_has_no_effect_with_versioning(service: Service, status: str) -> None:
    bucket = service.bucket()
    bucket.put_bucket_versioning(oss2.models.BucketVersioningConfig(status))
    bucket.put_object("a", b"1")
    bucket.put_object("a", b"2", headers={"x-oss-forbid-overwrite": "true"})
    assert (bucket.get_object("a").read(), bucket.get_bucket_versioning().status) == (b"2", status)


def test_deleting_what_is_not_there_succeeds(service: Service) -> None:
    assert service.bucket().delete_object("a").status == 204


def test_many_objects_are_deleted_at_once(service: Service) -> None:
    for name in ("a", "b&<c>", "d"):
        service.bucket().put_object(name, b"")
    assert service.bucket().batch_delete_objects(["a", "b&<c>", "missing"]).deleted_keys == ["a", "b&<c>", "missing"]
    assert [item.key for item in oss2.ObjectIterator(service.bucket())] == ["d"]

"""What the sandbox's OSS does not do."""

from __future__ import annotations

import oss2

from tests.unit.sandbox.oss.oss_service import Service, refusal


def test_an_unknown_operation_is_refused_loudly(service: Service) -> None:
    assert refusal(service.bucket().get_bucket_cors) == (501, "NotImplemented")
    assert refusal(lambda: service.bucket().init_multipart_upload("a")) == (501, "NotImplemented")
    assert refusal(lambda: service.bucket().append_object("a", 0, b"")) == (501, "NotImplemented")
    assert refusal(lambda: service.bucket().copy_object("bucket", "a", "b")) == (501, "NotImplemented")


def test_an_upload_that_was_never_started_does_not_exist(service: Service) -> None:
    bucket = service.bucket()
    assert refusal(lambda: bucket.upload_part("a", "UPLOAD", 1, b"x")) == (404, "NoSuchUpload")
    assert refusal(lambda: bucket.abort_multipart_upload("a", "UPLOAD")) == (404, "NoSuchUpload")
    assert list(oss2.MultipartUploadIterator(bucket)) == []


def test_a_signed_url_is_refused_loudly(service: Service) -> None:
    url = service.bucket().sign_url("GET", "a", 60)
    assert service.raw("GET", url.removeprefix(service.server.url)).status == 501

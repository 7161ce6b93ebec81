"""A bucket's settings."""

from __future__ import annotations

import oss2

from tests.unit.sandbox.oss.oss_service import Service, refusal


def test_settings_come_back_as_they_were_put(service: Service) -> None:
    bucket = service.bucket()
    rule = oss2.models.LifecycleRule("r", "p/", expiration=oss2.models.LifecycleExpiration(days=3))
    bucket.put_bucket_lifecycle(oss2.models.BucketLifecycle([rule]))
    bucket.put_bucket_encryption(oss2.models.ServerSideEncryptionRule("AES256"))
    bucket.put_bucket_acl("public-read")
    assert bucket.get_bucket_lifecycle().rules[0].expiration.days == 3
    assert bucket.get_bucket_encryption().sse_algorithm == "AES256"
    assert bucket.get_bucket_acl().acl == "public-read"


def test_settings_that_were_never_put_are_missing(service: Service) -> None:
    bucket = service.bucket()
    assert refusal(bucket.get_bucket_lifecycle) == (404, "NoSuchLifecycle")
    assert refusal(bucket.get_bucket_encryption) == (404, "NoSuchServerSideEncryptionRule")
    assert refusal(bucket.get_bucket_worm) == (404, "NoSuchWORMConfiguration")
    assert bucket.get_bucket_versioning().status is None


def test_a_lifecycle_rule_without_an_action_is_malformed(service: Service) -> None:
    empty = oss2.models.BucketLifecycle([oss2.models.LifecycleRule("r", "p/")])
    assert refusal(lambda: service.bucket().put_bucket_lifecycle(empty)) == (400, "MalformedXML")

"""Retention policies."""

from __future__ import annotations

import time

import oss2

from provisioner.objectstore.oss_signing import RequestSigner
from tests.unit.sandbox.oss.oss_service import DAY, Service, refusal


def test_a_policy_protects_before_and_after_it_is_locked(service: Service) -> None:
    bucket = service.bucket()
    bucket.put_object("a", b"1")
    worm = bucket.init_bucket_worm(1).worm_id
    assert refusal(lambda: bucket.delete_object("a")) == (409, "FileImmutable")
    bucket.complete_bucket_worm(worm)
    assert refusal(lambda: bucket.put_object("a", b"2")) == (409, "FileImmutable")
    assert bucket.batch_delete_objects(["a"]).deleted_keys == []
    bucket.put_object("b", b"new objects are welcome")


def test_protection_ends_with_the_retention_period(service: Service) -> None:
    bucket = service.bucket()
    bucket.put_object("a", b"1")
    bucket.complete_bucket_worm(bucket.init_bucket_worm(1).worm_id)
    service.offset = DAY + 60
    signer = RequestSigner(("alice", "alice-secret", ""), "cn-hangzhou", lambda: time.time() + service.offset)
    tomorrow = oss2.Bucket(signer, service.server.url, "bucket", region="cn-hangzhou")
    assert tomorrow.delete_object("a").status == 204


def test_a_policy_that_is_not_locked_can_be_aborted(service: Service) -> None:
    bucket = service.bucket()
    bucket.put_object("a", b"1")
    bucket.init_bucket_worm(1)
    bucket.abort_bucket_worm()
    assert bucket.delete_object("a").status == 204


def test_a_locked_policy_stays_and_only_grows(service: Service) -> None:
    bucket = service.bucket()
    worm = bucket.init_bucket_worm(5).worm_id
    bucket.complete_bucket_worm(worm)
    assert refusal(bucket.abort_bucket_worm) == (403, "WORMConfigurationLocked")
    assert refusal(lambda: bucket.extend_bucket_worm(worm, 4)) == (400, "InvalidWORMConfiguration")
    bucket.extend_bucket_worm(worm, 6)
    policy = bucket.get_bucket_worm()
    assert (policy.state, policy.retention_period_days) == ("Locked", 6)


def test_a_policy_of_another_id_does_not_exist(service: Service) -> None:
    service.bucket().init_bucket_worm(5)
    assert refusal(lambda: service.bucket().complete_bucket_worm("X")) == (404, "NoSuchWORMConfiguration")


def test_versioning_and_retention_exclude_each_other(service: Service) -> None:
    bucket = service.bucket()
    bucket.init_bucket_worm(5)
    enabled = oss2.models.BucketVersioningConfig("Enabled")
    assert refusal(lambda: bucket.put_bucket_versioning(enabled))[0] == 409

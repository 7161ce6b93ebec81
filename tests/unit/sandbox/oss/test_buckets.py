"""Buckets: created, described, listed and deleted."""

from __future__ import annotations

import oss2
import pytest

from tests.unit.sandbox.oss.oss_service import Service, refusal, signed_v1

CREATE = "<CreateBucketConfiguration>{}</CreateBucketConfiguration>"


def test_a_missing_bucket_is_missing(service: Service) -> None:
    missing = service.bucket("missing")
    assert refusal(missing.get_bucket_info) == (404, "NoSuchBucket")
    assert refusal(lambda: missing.get_object("a")) == (404, "NoSuchBucket")
    assert refusal(lambda: missing.put_object("a", b"")) == (404, "NoSuchBucket")


@pytest.mark.parametrize("name", ["ab", "-abc", "abc-", "ABC", "a_b", "x" * 64])
def test_a_bucket_name_has_rules(service: Service, name: str) -> None:
    response = service.raw("PUT", f"/{name}", **signed_v1("PUT", f"/{name}/"))
    assert (response.status, b"InvalidBucketName" in response.body) == (400, True)  # type: ignore[attr-defined]


def test_creating_ones_own_bucket_again_changes_only_the_acl(service: Service) -> None:
    service.bucket().put_bucket_encryption(oss2.models.ServerSideEncryptionRule("AES256"))
    service.bucket().create_bucket("public-read")
    info = service.bucket().get_bucket_info()
    assert (info.acl.grant, info.bucket_encryption_rule.sse_algorithm) == ("public-read", "AES256")


def test_a_bucket_name_is_taken_for_everybody_else(service: Service) -> None:
    assert refusal(service.bucket(key="bob").create_bucket) == (409, "BucketAlreadyExists")


def test_a_bucket_cannot_move(service: Service) -> None:
    moved = CREATE.format("<LocationConstraint>oss-eu-central-1</LocationConstraint>")
    assert refusal(lambda: service.bucket().create_bucket(input=moved)) == (409, "BucketAlreadyExists")


def test_a_bucket_is_where_it_was_created(service: Service) -> None:
    service.bucket("by-constraint").create_bucket(
        input=CREATE.format("<LocationConstraint>oss-eu-central-1</LocationConstraint>")
    )
    service.bucket_v4("by-signature", region="eu-west-1").create_bucket()
    assert [service.bucket(name).get_bucket_location().location for name in ("by-constraint", "by-signature")] == [
        "oss-eu-central-1",
        "oss-eu-west-1",
    ]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (CREATE.format("<StorageClass>Gold</StorageClass>"), "InvalidArgument"),
        (CREATE.format("<LocationConstraint>moon</LocationConstraint>"), "InvalidLocationConstraint"),
        ("<Other/>", "MalformedXML"),
        ("<CreateBucketConfiguration>", "MalformedXML"),
        ('<!DOCTYPE x [<!ENTITY a "b">]><CreateBucketConfiguration/>', "MalformedXML"),
    ],
)
def test_a_wrong_bucket_configuration_is_refused(service: Service, body: str, code: str) -> None:
    assert refusal(lambda: service.bucket("another").create_bucket(input=body)) == (400, code)


def test_an_account_has_at_most_a_hundred_buckets(service: Service) -> None:
    for number in range(99):
        service.bucket(f"bucket-{number}").create_bucket()
    assert refusal(service.bucket("bucket-100").create_bucket) == (400, "TooManyBuckets")


def test_an_account_lists_its_own_buckets(service: Service) -> None:
    service.bucket("bucket-2").create_bucket()
    service.bucket("bobs", key="bob").create_bucket()
    found = oss2.BucketIterator(oss2.Service(oss2.Auth("alice", "alice-secret"), service.server.url), max_keys=1)
    assert [bucket.name for bucket in found] == ["bucket", "bucket-2"]


def test_a_bucket_with_objects_cannot_be_deleted(service: Service) -> None:
    service.bucket().put_object("a", b"")
    assert refusal(service.bucket().delete_bucket) == (409, "BucketNotEmpty")
    service.bucket().delete_object("a")
    service.bucket().delete_bucket()
    assert refusal(service.bucket().get_bucket_info) == (404, "NoSuchBucket")


def test_the_usage_of_a_bucket_is_counted(service: Service) -> None:
    service.bucket().put_object("a", b"12345")
    stat_result = service.bucket().get_bucket_stat()
    assert (stat_result.object_count, stat_result.storage_size_in_bytes) == (1, 5)

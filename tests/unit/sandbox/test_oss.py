"""The sandbox's OSS as the official SDK and plain HTTP see it."""

from __future__ import annotations

import base64
import hashlib
import http.client
import itertools
import multiprocessing
import stat
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import oss2
import pytest

from provisioner.objectstore.oss_signing import RequestSigner
from provisioner.sandbox.oss import Fault, Server, clear_oss, serve_oss

SECRETS = {"alice": "alice-secret", "bob": "bob-secret"}
DAY = 86_400
CREATE = "<CreateBucketConfiguration>{}</CreateBucketConfiguration>"


class Service:
    """A served directory whose time can be moved on."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.offset = 0.0
        self.server: Server = serve_oss(
            path, SECRETS.get, lambda key: f"account-{key}", clock=lambda: time.time() + self.offset
        )

    def bucket(self, name: str = "bucket", key: str = "alice", secret: str | None = None) -> oss2.Bucket:
        return oss2.Bucket(oss2.Auth(key, secret or SECRETS[key]), self.server.url, name)

    def bucket_v4(self, name: str = "bucket", key: str = "alice", region: str = "cn-hangzhou") -> oss2.Bucket:
        # A provider auth and not AuthV4: both roads of the SDK are to be walked.
        credentials = oss2.StaticCredentialsProvider(key, SECRETS[key])
        return oss2.Bucket(oss2.ProviderAuthV4(credentials), self.server.url, name, region=region)

    def raw(self, method: str, target: str, body: bytes = b"", **headers: str) -> http.client.HTTPResponse:
        connection = http.client.HTTPConnection(urlsplit(self.server.url).netloc, timeout=5)
        try:
            connection.request(method, target, body, {name.replace("_", "-"): value for name, value in headers.items()})
            response = connection.getresponse()
            response.body = response.read()  # type: ignore[attr-defined]
            return response
        finally:
            connection.close()


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    service = Service(tmp_path)
    service.bucket().create_bucket()
    yield service
    service.server.close()


def refusal(call: Callable[[], object]) -> tuple[int, str]:
    with pytest.raises(oss2.exceptions.ServerError) as caught:
        call()
    assert caught.value.request_id
    return caught.value.status, caught.value.code


# Signatures


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


# Access


def test_an_unsigned_request_to_a_private_bucket_is_denied(service: Service) -> None:
    service.bucket().put_object("a", b"1")
    response = service.raw("GET", "/bucket/a")
    assert (response.status, b"<Code>AccessDenied</Code>" in response.body) == (403, True)  # type: ignore[attr-defined]


def test_an_unsigned_request_may_read_a_public_bucket(service: Service) -> None:
    service.bucket().put_object("a", b"1")
    service.bucket().put_bucket_acl("public-read")
    assert service.raw("GET", "/bucket/a").body == b"1"  # type: ignore[attr-defined]
    assert service.raw("PUT", "/bucket/a", b"2").status == 403


def test_another_accounts_bucket_is_denied(service: Service) -> None:
    service.bucket().put_object("a", b"1")
    theirs = service.bucket(key="bob")
    for call in (
        lambda: theirs.get_object("a"),
        lambda: theirs.put_object("a", b""),
        lambda: theirs.delete_object("a"),
        theirs.list_objects,
        theirs.get_bucket_info,
        theirs.delete_bucket,
        lambda: theirs.put_bucket_acl("public-read"),
    ):
        assert refusal(call) == (403, "AccessDenied")


def test_the_region_of_a_signature_has_to_be_the_buckets(service: Service) -> None:
    assert refusal(service.bucket_v4(region="eu-central-1").list_objects) == (403, "AccessDenied")


# Buckets


def test_a_missing_bucket_is_missing(service: Service) -> None:
    missing = service.bucket("missing")
    assert refusal(missing.get_bucket_info) == (404, "NoSuchBucket")
    assert refusal(lambda: missing.get_object("a")) == (404, "NoSuchBucket")
    assert refusal(lambda: missing.put_object("a", b"")) == (404, "NoSuchBucket")


@pytest.mark.parametrize("name", ["ab", "-abc", "abc-", "ABC", "a_b", "x" * 64])
def test_a_bucket_name_has_rules(service: Service, name: str) -> None:
    response = service.raw("PUT", f"/{name}", **signed_v1("PUT", f"/{name}/"))
    assert (response.status, b"InvalidBucketName" in response.body) == (400, True)  # type: ignore[attr-defined]


def signed_v1(method: str, resource: str) -> dict[str, str]:
    """Sign by hand what the SDK refuses to send."""
    import hmac

    date = oss2.utils.http_date()
    text = f"{method}\n\n\n{date}\n{resource}".encode()
    digest = base64.b64encode(hmac.new(b"alice-secret", text, hashlib.sha1).digest()).decode()
    return {"Date": date, "Authorization": f"OSS alice:{digest}"}


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


def test_the_usage_of_a_bucket_is_counted(service: Service) -> None:
    service.bucket().put_object("a", b"12345")
    stat_result = service.bucket().get_bucket_stat()
    assert (stat_result.object_count, stat_result.storage_size_in_bytes) == (1, 5)


# Objects


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


def test_tags_come_back(service: Service) -> None:
    bucket = service.bucket()
    bucket.put_object("a", b"", headers={"x-oss-tagging": "k=v&x=y"})
    rule = oss2.models.TaggingRule()
    rule.add("gc-marked-for-deletion", "true")
    assert bucket.get_object_tagging("a").tag_set.tagging_rule == {"k": "v", "x": "y"}
    bucket.put_object_tagging("a", oss2.models.Tagging(rule))
    assert bucket.get_object_tagging("a").tag_set.tagging_rule == {"gc-marked-for-deletion": "true"}


# Listings


@pytest.fixture
def listed(service: Service) -> oss2.Bucket:
    bucket = service.bucket()
    for key in ("a", "b/1", "b/2", "b/c/1", "b/é", "d e", "z/1"):
        bucket.put_object(key, b"12")
    return bucket


@pytest.mark.parametrize("iterator", [oss2.ObjectIterator, oss2.ObjectIteratorV2])
@pytest.mark.parametrize("size", [1, 2, 3, 100])
@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({}, ["a", "b/1", "b/2", "b/c/1", "b/é", "d e", "z/1"]),
        ({"prefix": "b/"}, ["b/1", "b/2", "b/c/1", "b/é"]),
        ({"delimiter": "/"}, ["a", "b/", "d e", "z/"]),
        ({"prefix": "b/", "delimiter": "/"}, ["b/1", "b/2", "b/c/", "b/é"]),
        ({"prefix": "nothing"}, []),
    ],
)
def test_pages_of_any_size_give_the_same_listing(
    listed: oss2.Bucket, iterator: type, size: int, arguments: dict[str, str], expected: list[str]
) -> None:
    assert [item.key for item in iterator(listed, max_keys=size, **arguments)] == expected


def test_a_listing_starts_after_a_key(listed: oss2.Bucket) -> None:
    assert [item.key for item in listed.list_objects_v2(start_after="b/2", max_keys=2).object_list] == ["b/c/1", "b/é"]
    assert [item.key for item in listed.list_objects(marker="b/2", max_keys=2).object_list] == ["b/c/1", "b/é"]


@pytest.mark.parametrize("size", [0, 1001])
def test_a_page_has_one_to_a_thousand_keys(listed: oss2.Bucket, size: int) -> None:
    assert refusal(lambda: listed.list_objects(max_keys=size)) == (400, "InvalidArgument")


# Retention


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
    signer = RequestSigner(("alice", "alice-secret"), "cn-hangzhou", lambda: time.time() + service.offset)
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


# What is not there


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


# The wire


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
    connection = http.client.HTTPConnection(urlsplit(service.server.url).netloc, timeout=5)
    connection.request("GET", "/")
    connection.getresponse().read()
    first = connection.sock
    connection.request("GET", "/bucket/a")
    connection.getresponse().read()
    assert connection.sock is first
    connection.close()


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


# The data


def test_the_data_outlives_the_server_and_is_private(tmp_path: Path) -> None:
    first = Service(tmp_path / "sandbox")
    first.bucket().create_bucket()
    first.bucket().put_object("a", b"1")
    files = {path.name: stat.filemode(path.stat().st_mode) for path in (tmp_path / "sandbox").iterdir()}
    first.server.close()
    second = Service(tmp_path / "sandbox")
    assert second.bucket().get_object("a").read() == b"1"
    second.server.close()
    assert set(files.values()) == {"-rw-------"}


def test_clearing_removes_everything_under_a_running_server(service: Service) -> None:
    service.bucket().put_object("a", b"1")
    clear_oss(service.path)
    assert refusal(service.bucket().get_bucket_info) == (404, "NoSuchBucket")


def _put_all(path: Path, process: int) -> None:
    service = Service(path)
    for number in range(20):
        try:
            service.bucket().put_object(f"{number}", b"%d" % process, headers={"x-oss-forbid-overwrite": "true"})
        except oss2.exceptions.ServerError as error:
            assert error.code == "FileAlreadyExists"
        service.bucket().put_object(f"own-{process}-{number}", b"")
    service.server.close()


def test_several_processes_share_a_directory(tmp_path: Path) -> None:
    service = Service(tmp_path)
    service.bucket().create_bucket()
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=_put_all, args=(tmp_path, number)) for number in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    keys = [item.key for item in oss2.ObjectIteratorV2(service.bucket(), max_keys=1000)]
    service.server.close()
    assert [process.exitcode for process in processes] == [0, 0]
    assert len(keys) == 20 + 2 * 20


def test_of_many_threads_one_creates_an_object(service: Service) -> None:
    won: list[int] = []

    def put(number: int) -> None:
        for round_number in range(5):
            try:
                headers = {"x-oss-forbid-overwrite": "true"}
                service.bucket().put_object(f"{round_number}", b"%d" % number, headers=headers)
            except oss2.exceptions.ServerError:
                continue
            won.append(round_number)

    threads = [threading.Thread(target=put, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {number: len(list(group)) for number, group in itertools.groupby(sorted(won))} == dict.fromkeys(range(5), 1)

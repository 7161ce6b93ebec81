"""Who may reach which bucket."""

from __future__ import annotations

from tests.unit.sandbox.oss.oss_service import Service, refusal


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

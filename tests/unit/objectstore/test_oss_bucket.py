"""The bucket of an OSS store: how it is made, what it says of itself, when it is refused."""

from __future__ import annotations

import logging
from pathlib import Path

import oss2
import pytest

from provisioner.errors import CloudError, StateError
from provisioner.objectstore import OssStore
from provisioner.place import StorePlace
from provisioner.sandbox.oss import Fault, clear_oss, serve_oss
from tests.unit.objectstore.oss_service import KEY_ID, SECRET, Service

FORBIDDEN = Fault("refuse", 403, "AccessDenied")


def test_a_missing_bucket_is_created_private_and_encrypted(service: Service) -> None:
    assert service.store("new-bucket").ensure_bucket() is True
    info = service.sdk("new-bucket").get_bucket_info()
    assert (info.acl.grant, info.storage_class, info.bucket_encryption_rule.sse_algorithm, info.location) == (
        "private",
        "Standard",
        "AES256",
        "oss-eu-central-1",
    )


def test_a_new_bucket_aborts_multipart_uploads_after_a_week(service: Service) -> None:
    service.store("new-bucket").ensure_bucket()
    (rule,) = service.sdk("new-bucket").get_bucket_lifecycle().rules
    assert (rule.status, rule.prefix, rule.abort_multipart_upload.days) == ("Enabled", "", 7)


def test_an_existing_bucket_is_left_alone(service: Service) -> None:
    service.sdk("theirs").create_bucket(
        "private",
        input="<CreateBucketConfiguration><LocationConstraint>oss-eu-central-1"
        "</LocationConstraint></CreateBucketConfiguration>",
    )
    service.asked.clear()
    assert service.store("theirs").ensure_bucket() is False
    assert service.asked == ["GET bucketInfo"]


def test_a_dangerous_bucket_is_warned_about(service: Service, caplog: pytest.LogCaptureFixture) -> None:
    service.sdk().put_bucket_acl("public-read")
    service.sdk().delete_bucket_encryption()
    service.store().ensure_bucket()
    assert [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING] == [
        "the bucket oss://bucket has the ACL public-read: anyone can read the states in it, which hold user data",
        "the bucket oss://bucket does not encrypt what is stored in it",
    ]


def test_a_bucket_is_asked_for_its_settings_once(service: Service) -> None:
    store = service.store()
    store.ensure_bucket()
    store.require_unversioned()
    store.place()
    store.now()
    assert service.asked == ["GET bucketInfo"]


def test_a_bucket_that_was_created_is_asked_once_more_for_its_place(service: Service) -> None:
    store = service.store("new-bucket")
    store.ensure_bucket()
    service.asked.clear()
    store.place()
    store.place()
    assert service.asked == ["GET bucketInfo"]


def test_the_place_is_what_the_bucket_says_of_itself(service: Service) -> None:
    place = service.store().place()
    assert (place.bucket, place.owner, place.location) == ("bucket", f"account-{KEY_ID}", "oss-eu-central-1")
    assert place.created == service.sdk().get_bucket_info().creation_date


def test_another_endpoint_of_the_bucket_is_the_same_place(service: Service, tmp_path: Path) -> None:
    """The sandbox serves it on another port each time."""
    other = serve_oss(tmp_path, {KEY_ID: SECRET}.get, lambda key: f"account-{key}")
    try:
        place = OssStore(other.url, "eu-central-1", "bucket", KEY_ID, SECRET).place()
    finally:
        other.close()
    assert (other.url != service.server.url, place) == (True, service.store().place())


def test_a_bucket_that_was_made_again_is_another_place(tmp_path: Path) -> None:
    now = [1_800_000_000.0]
    server = serve_oss(tmp_path, {KEY_ID: SECRET}.get, str, clock=lambda: now[0])

    def place() -> StorePlace:
        store = OssStore(server.url, "eu-central-1", "bucket", KEY_ID, SECRET, wall_clock=lambda: now[0])
        store.ensure_bucket()
        return store.place()

    try:
        first = place()
        clear_oss(tmp_path)
        now[0] += 1
        assert not place().may_be(first)
    finally:
        server.close()


def test_who_may_not_read_the_settings_knows_the_name_alone(service: Service) -> None:
    service.faults = [("before", FORBIDDEN)]
    store = service.store()
    assert store.ensure_bucket() is False
    store.require_unversioned()
    assert store.place() == StorePlace("bucket")
    assert service.asked == ["GET bucketInfo", "GET versioning"]


def test_a_versioned_bucket_is_refused_also_without_its_settings(service: Service) -> None:
    service.sdk().put_bucket_versioning(oss2.models.BucketVersioningConfig("Suspended"))
    service.faults = [("before", FORBIDDEN)]
    with pytest.raises(StateError, match="versioning is Suspended in this bucket"):
        service.store().require_unversioned()


def test_no_warning_about_settings_that_the_caller_may_not_read(
    service: Service, caplog: pytest.LogCaptureFixture
) -> None:
    service.faults = [("before", FORBIDDEN)]
    service.store().ensure_bucket()
    assert caplog.records == []


def test_a_bucket_of_another_account_is_refused(service: Service) -> None:
    other = OssStore(service.server.url, "eu-central-1", "bucket", "other", "s")
    with pytest.raises(CloudError) as caught:
        other.ensure_bucket()
    assert (caught.value.cloud_code, caught.value.codes) == ("AccessDenied", ("ERR_INFRA_UNAUTHORIZED",))


def test_a_bucket_that_was_never_versioned_is_fine(service: Service) -> None:
    service.store().require_unversioned()


@pytest.mark.parametrize("status", ["Enabled", "Suspended"])
def test_a_versioned_bucket_is_refused_with_the_reason(service: Service, status: str) -> None:
    service.sdk().put_bucket_versioning(oss2.models.BucketVersioningConfig(status))
    with pytest.raises(StateError, match=f"versioning is {status} in this bucket, where OSS ignores the header"):
        service.store().require_unversioned()


def test_versioning_of_a_missing_bucket_says_that_it_is_missing(service: Service) -> None:
    with pytest.raises(StateError) as caught:
        service.store("missing-bucket").require_unversioned()
    assert caught.value.problem.type == "NoSuchBucket"


def test_a_retention_policy_forbids_deletion_before_it_is_locked(service: Service) -> None:
    service.sdk().init_bucket_worm(1)
    assert service.store().forbids_deletion()

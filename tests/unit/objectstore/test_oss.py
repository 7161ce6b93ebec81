"""The OSS store against the sandbox's OSS, with things going wrong between them."""

from __future__ import annotations

import logging
import subprocess
import sys
import traceback
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import oss2
import pytest

from provisioner.errors import CloudError, ProvisionError, StateError
from provisioner.objectstore import ObjectExistsError, ObjectNotFoundError, OssStore
from provisioner.place import StorePlace
from provisioner.sandbox.oss import Fault, Server, clear_oss, serve_oss

KEY_ID, SECRET = "test-key-id", "test-key-secret-8f1e"
OURS = {"run": "run-1"}


class Service:
    """A served OSS with one bucket; `faults` go wrong one after the other, `asked` lists the requests."""

    def __init__(self, path: Path) -> None:
        self.faults: list[tuple[str, Fault]] = []
        self.asked: list[str] = []
        self.slept: list[float] = []
        self.time_offset = 0.0
        self.server: Server = serve_oss(
            path, {KEY_ID: SECRET, "other": "s"}.get, lambda key: f"account-{key}", intercept=self.intercept
        )

    def intercept(self, phase: str, request: object) -> Fault | None:
        if phase == "before":
            self.asked.append(f"{request.method} {request.key or '?'.join(request.query)}")  # type: ignore[attr-defined]
        if self.faults and self.faults[0][0] == phase:
            return self.faults.pop(0)[1]
        return None

    def store(
        self, bucket: str = "bucket", secret: str = SECRET, wall_clock: Callable[[], float] | None = None
    ) -> OssStore:
        more = {} if wall_clock is None else {"wall_clock": wall_clock}
        return OssStore(self.server.url, "eu-central-1", bucket, KEY_ID, secret, sleep=self.slept.append, **more)

    def sdk(self, bucket: str = "bucket") -> oss2.Bucket:
        return oss2.Bucket(oss2.Auth(KEY_ID, SECRET), self.server.url, bucket)


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    service = Service(tmp_path)
    service.store().ensure_bucket()
    service.asked.clear()
    yield service
    service.server.close()


FORBIDDEN = Fault("refuse", 403, "AccessDenied")
TRANSIENT = [
    Fault("refuse", 500, "InternalError"),
    Fault("refuse", 503, "ServiceUnavailable"),
    Fault("refuse", 503, "QpsLimitExceeded"),
    Fault("refuse", 400, "RequestTimeout"),
    Fault("reset"),
    Fault("truncate"),
]


@pytest.mark.parametrize("fault", TRANSIENT, ids=lambda fault: f"{fault.kind}-{fault.code}")
@pytest.mark.parametrize("phase", ["before", "after"])
def test_a_put_survives_two_passing_faults(service: Service, fault: Fault, phase: str) -> None:
    """`after`: the object was stored and only the answer was lost."""
    service.faults = [(phase, fault)] * 2
    service.store().put_if_absent("a", b"body", OURS)
    assert service.store().get("a").body == b"body"


@pytest.mark.parametrize("fault", TRANSIENT, ids=lambda fault: f"{fault.kind}-{fault.code}")
def test_a_get_survives_two_passing_faults(service: Service, fault: Fault) -> None:
    service.store().put_if_absent("a", b"body" * 1000, OURS)
    service.faults = [("after", fault)] * 2
    assert service.store().get("a").body == b"body" * 1000


@pytest.mark.parametrize("fault", TRANSIENT, ids=lambda fault: f"{fault.kind}-{fault.code}")
def test_a_listing_survives_two_passing_faults(service: Service, fault: Fault) -> None:
    service.store().put_if_absent("a", b"body", OURS)
    service.faults = [("after", fault)] * 2
    assert [item.key for item in service.store().list("")] == ["a"]


def test_waits_between_attempts_grow_and_vary(service: Service) -> None:
    service.faults = [("before", TRANSIENT[0])] * 5
    service.store().list("")
    assert len(service.slept) == 5
    assert len(set(service.slept)) == 5


def test_what_lasts_is_given_up_as_worth_trying_again(service: Service) -> None:
    service.faults = [("before", TRANSIENT[1])] * 99
    with pytest.raises(StateError) as caught:
        service.store().get("a")
    assert (caught.value.problem.type, caught.value.is_retryable) == ("ServiceUnavailable", True)


def test_a_refusal_is_not_repeated(service: Service) -> None:
    service.faults = [("before", Fault("refuse", 403, "AccessDenied"))]
    with pytest.raises(CloudError):
        service.store().list("")
    assert len(service.asked) == 1


def test_an_object_of_another_run_stays_a_conflict_after_a_lost_answer(service: Service) -> None:
    service.store().put_if_absent("a", b"theirs", {"run": "run-2"})
    service.faults = [("after", Fault("reset"))]
    with pytest.raises(ObjectExistsError):
        service.store().put_if_absent("a", b"ours", OURS)


def test_under_a_retention_policy_a_taken_key_is_a_conflict_and_a_new_one_works(service: Service) -> None:
    worm = service.sdk().init_bucket_worm(1).worm_id
    service.sdk().complete_bucket_worm(worm)
    service.store().put_if_absent("a", b"first", OURS)
    with pytest.raises(ObjectExistsError):
        service.store().put_if_absent("a", b"second", OURS)


def test_a_put_carries_what_makes_it_safe(service: Service) -> None:
    service.store().put_if_absent("a", b"body", {"run": "run-1", "serial": "3"})
    headers = service.sdk().head_object("a").headers
    assert (headers["x-oss-meta-run"], headers["x-oss-meta-serial"], headers["x-oss-server-side-encryption"]) == (
        "run-1",
        "3",
        "AES256",
    )


def test_one_put_is_one_request(service: Service) -> None:
    service.store().put_if_absent("a", b"", OURS)
    assert service.asked == ["PUT a"]


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


def test_a_missing_bucket_says_what_to_do(service: Service) -> None:
    with pytest.raises(StateError) as caught:
        service.store("missing-bucket").list("")
    assert (caught.value.problem.type, caught.value.problem.object) == ("NoSuchBucket", "oss://missing-bucket/")


def test_a_missing_object_is_not_a_missing_bucket(service: Service) -> None:
    with pytest.raises(ObjectNotFoundError):
        service.store().get("missing")


def test_a_bucket_in_another_region_is_refused(service: Service) -> None:
    elsewhere = OssStore(service.server.url, "cn-beijing", "bucket", KEY_ID, SECRET)
    with pytest.raises(CloudError, match="must be addressed using the specified endpoint"):
        elsewhere.list("")


def test_an_impossible_bucket_name_is_our_error(service: Service) -> None:
    with pytest.raises(StateError):
        service.store("No Bucket").list("")


@pytest.mark.parametrize("hours", [-2, 2])
def test_a_wrong_wall_clock_changes_nothing(service: Service, hours: int) -> None:
    """The first request is refused; its answer tells the time that the next one is signed with."""
    import time

    store = service.store(wall_clock=lambda: time.time() + hours * 3600)
    store.put_if_absent("a", b"", OURS)
    assert abs(store.now() - service.store().now()) < timedelta(seconds=2)


def test_the_time_costs_no_request_after_an_answer(service: Service) -> None:
    store = service.store()
    store.list("")
    service.asked.clear()
    store.now()
    assert service.asked == []


def test_folders_cost_one_request_however_much_is_in_them(service: Service) -> None:
    store = service.store()
    for number in range(150):
        store.put_if_absent(f"a/{number}", b"", OURS)
    service.asked.clear()
    assert (store.folders(), len(service.asked)) == (["a"], 1)


def test_listing_beyond_a_page_asks_for_more_pages(service: Service) -> None:
    store = service.store()
    for number in range(1005):
        store.put_if_absent(f"s/{number:010}", b"", OURS)
    service.asked.clear()
    assert len(store.list("s/", limit=5000)) == 1005
    assert len(service.asked) == 2


@pytest.mark.parametrize(
    "call",
    [
        lambda store: store.get("a"),
        lambda store: store.list(""),
        lambda store: store.put_if_absent("a", b"", OURS),
        lambda store: store.ensure_bucket(),
        lambda store: store.require_unversioned(),
        lambda store: store.now(),
    ],
    ids=["get", "list", "put", "ensure", "versioning", "now"],
)
def test_a_wrong_secret_is_refused_and_never_shown(service: Service, call: Callable[[OssStore], object]) -> None:
    wrong = "wrong-secret-77aa"
    store = service.store(secret=wrong)
    with pytest.raises(ProvisionError) as caught:
        call(store)
    shown = (
        "".join(traceback.format_exception(caught.value)) + repr(caught.value) + repr(store) + str(vars(caught.value))
    )
    assert caught.value.codes == ("ERR_INFRA_UNAUTHORIZED",)
    assert wrong not in shown


def test_an_unknown_key_is_unauthenticated(service: Service) -> None:
    store = OssStore(service.server.url, "eu-central-1", "bucket", "unknown", "x")
    with pytest.raises(CloudError) as caught:
        store.list("")
    assert caught.value.codes == ("ERR_INFRA_UNAUTHENTICATED",)


def test_debug_logging_shows_no_request(service: Service, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    service.store().put_if_absent("a", b"user data", OURS)
    assert caplog.text == ""


def test_an_unreachable_service_says_so(service: Service) -> None:
    service.server.close()
    with pytest.raises(StateError, match="OSS cannot be reached: ConnectionRefusedError: Connection refused"):
        service.store().list("")


def test_proxies_of_the_environment_do_not_apply_to_loopback(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    assert service.store().list("") == []


def test_constructing_stores_imports_nothing_heavy() -> None:
    code = (
        "import sys, pathlib; from provisioner import objectstore, state;"
        "objectstore.OssStore('oss-eu-central-1.aliyuncs.com', 'eu-central-1', 'b', 'i', 's');"
        "objectstore.DirectoryStore(pathlib.Path('.')); objectstore.MemoryStore();"
        "print(sorted({'oss2', 'requests', 'tenacity', 'aliyunsdkcore'} & set(sys.modules)))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def test_a_retention_policy_forbids_deletion_before_it_is_locked(service: Service) -> None:
    service.sdk().init_bucket_worm(1)
    assert service.store().forbids_deletion()


def test_what_is_under_retention_is_not_said_to_be_deleted(service: Service) -> None:
    store = service.store()
    store.put_if_absent("a", b"", OURS)
    service.sdk().init_bucket_worm(1)
    with pytest.raises(StateError, match="1 of 1 objects are not deleted, a among them"):
        store.delete(["a"])


def test_many_objects_are_deleted_with_one_request(service: Service) -> None:
    store = service.store()
    for key in ("a", "b"):
        store.put_if_absent(key, b"", OURS)
    service.asked.clear()
    store.delete(["a", "b"])
    assert len(service.asked) == 1

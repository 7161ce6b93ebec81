"""The objects of an OSS store, with things going wrong between it and the sandbox's OSS."""

from __future__ import annotations

import logging
import subprocess
import sys
import traceback
from collections.abc import Callable
from datetime import timedelta

import pytest

from provisioner.errors import CloudError, ProvisionError, StateError
from provisioner.objectstore import ObjectExistsError, ObjectNotFoundError, OssStore
from provisioner.sandbox.oss import Fault
from tests.unit.objectstore.oss_service import KEY_ID, OURS, SECRET, Service

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

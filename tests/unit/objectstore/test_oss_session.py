"""What answers in place of OSS: a captive portal, a proxy, another server. None of it may pass for an answer."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provisioner.errors import NotTheStoreError, ProvisionError
from provisioner.objectstore import OssStore

REQUEST_ID = {"x-oss-request-id": "5C3D9175B6FC201293AD4890"}
HTML = b"<!DOCTYPE html><html><body>Log in <br> to use this network.</body></html>"
OURS = {"run": "run-1"}

OPERATIONS: dict[str, Callable[[OssStore], object]] = {
    "get": lambda store: store.get("a"),
    "put": lambda store: store.put_if_absent("a", b"user data", OURS),
    "list": lambda store: store.list(""),
    "folders": lambda store: store.folders(),
    "delete": lambda store: store.delete(["a"]),
    "worm": lambda store: store.forbids_deletion(),
    "ensure": lambda store: store.ensure_bucket(),
    "versioning": lambda store: store.require_unversioned(),
    "place": lambda store: store.place(),
    "now": lambda store: store.now(),
}
ROOTS = {
    "list": "ListBucketResult",
    "folders": "ListBucketResult",
    "delete": "DeleteResult",
    "worm": "WormConfiguration",
    "ensure": "BucketInfo",
    "versioning": "BucketInfo",
    "place": "BucketInfo",
    "now": "BucketInfo",
}
"""The root element of the answer to each operation that has one."""
any_operation = st.sampled_from(sorted(OPERATIONS))
operation_with_root = st.sampled_from(sorted(ROOTS))


class StandIn:
    """A server that gives the same answer to everything, or first some others; `asked` lists the requests."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.first: list[tuple[int, dict[str, str], bytes]] = []
        self.answer: tuple[int, dict[str, str], bytes] = (200, {}, HTML)
        stand_in = self

        class Handler(BaseHTTPRequestHandler):
            def handle_any(self) -> None:
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                stand_in.asked.append(f"{self.command} {self.path}")
                status, headers, body = stand_in.first.pop(0) if stand_in.first else stand_in.answer
                self.send_response(status)
                for name, value in {"Content-Length": str(len(body)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_PUT = do_POST = handle_any

            def log_message(self, format: str, *arguments: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.host = f"127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    def store(self) -> OssStore:
        return OssStore(f"http://{self.host}", "eu-central-1", "bucket", "id", "secret", sleep=lambda _: None)

    def refused(self, operation: str) -> NotTheStoreError:
        """Return the error of an operation, which must be that this is not OSS."""
        with pytest.raises(NotTheStoreError) as caught:
            OPERATIONS[operation](self.store())
        return caught.value

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture(scope="module")
def shared() -> Iterator[StandIn]:
    with closing(StandIn()) as stand_in:
        yield stand_in


@pytest.fixture
def stand_in() -> Iterator[StandIn]:
    with closing(StandIn()) as stand_in:
        yield stand_in


PAGES = {
    "html": (200, {"Content-Type": "text/html"}, HTML),
    "xhtml": (200, {"Content-Type": "application/xhtml+xml"}, b"<html/>"),
    "nothing": (200, {}, b""),
    "no-content": (204, {}, b""),
    "json": (200, {"Content-Type": "application/json"}, b"{}"),
    "object-like": (200, {"Last-Modified": "Sun, 22 Nov 2026 12:00:00 GMT", "Date": "x"}, b"{}"),
    "login-required": (511, {"Content-Type": "text/html"}, HTML),
    "forbidden": (403, {"Content-Type": "text/html"}, HTML),
    "not-found": (404, {"Content-Type": "text/html"}, HTML),
    "refusal-like": (404, {}, b"<Error><Code>NoSuchBucket</Code></Error>"),
    "proxy-failed": (502, {"Content-Type": "text/html"}, HTML),
}


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("page", PAGES)
def test_a_page_of_another_server_is_no_answer(shared: StandIn, operation: str, page: str) -> None:
    shared.answer = PAGES[page]
    error = shared.refused(operation)
    assert f"what answered at {shared.host} is not OSS" in error.problem.detail
    assert (error.is_retryable, error.exit_code) == (True, 5)


@pytest.mark.parametrize("operation", ROOTS)
@pytest.mark.parametrize("root", sorted({*ROOTS.values(), "html", "Error", "VersioningConfiguration"}))
def test_an_answer_to_another_question_is_no_answer(shared: StandIn, operation: str, root: str) -> None:
    shared.answer = (200, REQUEST_ID, f"<{root}></{root}>".encode())
    if root != ROOTS[operation]:
        assert (
            f"is not OSS: it answered with {root} instead of {ROOTS[operation]}"
            in shared.refused(operation).problem.detail
        )


@pytest.mark.parametrize("operation", ROOTS)
@pytest.mark.parametrize("body", [b"", b"{}", HTML, b"<a>\xff", b'<?xml version="1.0" encoding="utf-7"?><a/>'])
def test_what_is_no_xml_is_no_answer(shared: StandIn, operation: str, body: bytes) -> None:
    shared.answer = (200, REQUEST_ID, body)
    assert "is not OSS: " in shared.refused(operation).problem.detail


@settings(max_examples=60, deadline=None, derandomize=True, database=None)
@given(any_operation, st.sampled_from([200, 201, 204, 206, 301, 302, 307, 401, 403, 404, 407, 500, 503]), st.binary())
def test_without_a_request_id_nothing_is_an_answer(shared: StandIn, operation: str, status: int, body: bytes) -> None:
    shared.answer = (status, {"Location": "/login"}, b"" if status == 204 else body)
    shared.refused(operation)


texts = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="<&>"), max_size=20)
names = st.sampled_from(
    ["IsTruncated", "Contents", "Prefix", "Key", "Size", "Deleted", "State", "Bucket", "Owner", "ID"]
)


def element(name: str, content: str) -> str:
    return f"<{name}>{content}</{name}>"


elements = st.recursive(
    st.builds(element, names, texts | st.sampled_from(["true", "false", "7", "2026-11-22T12:00:00.000Z"])),
    lambda inner: st.builds(element, names, st.lists(inner, max_size=6).map("".join)),
    max_leaves=20,
)


@settings(max_examples=60, deadline=None, derandomize=True, database=None)
@given(operation_with_root, st.lists(elements, max_size=4).map("".join))
def test_an_answer_with_the_right_root_is_read_or_refused(shared: StandIn, operation: str, content: str) -> None:
    """Whatever is in it, no other error than ours comes out."""
    shared.answer = (
        200,
        REQUEST_ID | {"Date": "Sun, 22 Nov 2026 12:00:00 GMT"},
        element(ROOTS[operation], content).encode(),
    )
    with suppress(ProvisionError):
        OPERATIONS[operation](shared.store())


def test_a_root_element_may_have_a_namespace(shared: StandIn) -> None:
    """OSS gives the answer to GetBucketVersioning one as long as nothing was configured."""
    shared.answer = (
        200,
        REQUEST_ID,
        b'<ListBucketResult xmlns="http://doc.oss-cn-hangzhou.aliyuncs.com"></ListBucketResult>',
    )
    with pytest.raises(ProvisionError, match="the listing cannot be read"):
        OPERATIONS["list"](shared.store())


def test_a_page_that_goes_away_is_waited_for(stand_in: StandIn) -> None:
    stand_in.first = [PAGES["html"], PAGES["login-required"]]
    stand_in.answer = (200, REQUEST_ID, b"")
    stand_in.store().put_if_absent("a", b"body", OURS)
    assert len(stand_in.asked) == 3


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("operation", ["get", "put"])
def test_no_redirect_is_followed(stand_in: StandIn, operation: str, status: int) -> None:
    """A state that is put would go along."""
    with closing(StandIn()) as elsewhere:
        stand_in.answer = (status, {"Location": f"http://{elsewhere.host}/login"}, b"")
        stand_in.refused(operation)
        assert elsewhere.asked == []


def test_the_time_of_another_server_is_not_the_time_of_oss(stand_in: StandIn) -> None:
    stand_in.answer = (200, {"Date": "Sun, 22 Nov 2026 12:00:00 GMT"}, HTML)
    store = stand_in.store()
    with pytest.raises(NotTheStoreError):
        store.now()
    with pytest.raises(NotTheStoreError):
        store.now()


def test_the_error_says_what_to_do(stand_in: StandIn) -> None:
    assert str(stand_in.refused("put")) == (
        f"oss://bucket/a: cannot write it: what answered at {stand_in.host} is not OSS: it answered with status 200 "
        "and without x-oss-request-id; check for a proxy or the login page of a network in between, then run the "
        "command again"
    )

"""What goes over the wire to the cloud: through which proxy, and what is made of what is no answer of the cloud."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from provisioner.cloud import CloudAccess, CloudClient, Credentials
from provisioner.errors import CloudError

SECRET = "the secret of the transport test"
CREDENTIALS = Credentials("LTAItransport", SECRET)
FAR = "vpc.nowhere.example:8080"
"""A host that only a proxy could reach."""


class Peer:
    """An HTTP server that answers everything alike, and remembers what it was asked."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.status, self.body = 200, b'{"RequestId": "1"}'
        peer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                peer.lines.append(self.requestline)
                self.send_response(peer.status)
                self.send_header("Content-Length", str(len(peer.body)))
                self.end_headers()
                self.wfile.write(peer.body)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.host = f"127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def peer() -> Iterator[Peer]:
    peer = Peer()
    yield peer
    peer.server.shutdown()
    peer.server.server_close()


def ask(host: str, **environ: str) -> dict[str, object]:
    access = CloudAccess(CREDENTIALS, "", CREDENTIALS, "http", {"vpc": host})
    client = CloudClient(access, "eu-central-1", environ, sleep=lambda _: None)
    return client.call("vpc", "DescribeVpcs", {"PageSize": "1"})


@pytest.mark.parametrize("name", ["HTTP_PROXY", "http_proxy"])
def test_the_proxy_of_the_given_environment_is_asked(peer: Peer, name):
    assert ask(FAR, **{name: f"http://{peer.host}"}) == {"RequestId": "1"}
    assert peer.lines[0].startswith(f"POST http://{FAR}/?PageSize=1&RegionId=eu-central-1 ")


def test_the_environment_of_the_process_is_neither_read_nor_changed(peer: Peer, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", f"http://{FAR}")
    monkeypatch.setenv("NO_PROXY", "elsewhere.example")
    before = dict(os.environ)
    assert ask(peer.host) == {"RequestId": "1"}
    assert dict(os.environ) == before


@pytest.mark.parametrize("excepted", [".example", "nowhere.example", "other, vpc.nowhere.example", "*"])
def test_hosts_of_no_proxy_are_asked_directly(peer: Peer, excepted):
    with pytest.raises(CloudError, match=r"no answer from the cloud at \S+ \(ConnectionError\)"):
        ask(FAR, HTTP_PROXY=f"http://{peer.host}", NO_PROXY=excepted)
    assert peer.lines == []


def test_this_machine_is_asked_directly(peer: Peer):
    assert ask(peer.host, HTTP_PROXY=f"http://{FAR}") == {"RequestId": "1"}


@pytest.mark.parametrize(("status", "body"), [(200, b"<html>Please log in</html>"), (200, b"[]"), (200, b"")])
def test_what_is_no_answer_of_the_cloud_is_not_taken_for_one(peer: Peer, status, body):
    """A captive portal answers everything."""
    peer.status, peer.body = status, body
    with pytest.raises(CloudError, match="no answer from the cloud") as caught:
        ask(peer.host)
    assert caught.value.is_retryable


def test_a_page_of_a_proxy_that_refuses_is_told_by_its_status(peer: Peer):
    peer.status, peer.body = 407, b"<html>Proxy authentication required</html>"
    with pytest.raises(CloudError, match="HTTP 407") as caught:
        ask(peer.host)
    assert (caught.value.is_retryable, len(peer.lines)) == (False, 1)


def test_a_redirection_is_not_followed(peer: Peer):
    """It would carry a signed request to another host."""
    peer.status, peer.body = 302, b""
    with pytest.raises(CloudError, match="no answer from the cloud"):
        ask(peer.host)


def test_neither_secret_nor_signature_is_in_an_error():
    with pytest.raises(CloudError) as caught:
        ask("127.0.0.1:9")
    text = f"{caught.value!r} {caught.value} {caught.value.__cause__} {caught.value.__context__}"
    assert SECRET not in text and "Signature" not in text and CREDENTIALS.access_key_id not in text

"""The HTTP door: signatures, both places for parameters, error documents, clean ends."""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
import threading
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest

from provisioner.sandbox.cloud import Cloud, Fault
from provisioner.sandbox.wire import Server, serve_cloud
from provisioner.sandbox.wire.signature import sign


@pytest.fixture
def server(account: Any) -> Iterator[Server]:
    with serve_cloud(account.cloud) as running:
        yield running


@pytest.fixture
def connection(server: Server) -> Iterator[http.client.HTTPConnection]:
    opened = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=10)
    yield opened
    opened.close()


def parameters(secret: str = "secret-one", method: str = "POST", **given: str) -> dict[str, str]:
    """Return signed parameters; a given one that is empty is left out."""
    common = {
        "AccessKeyId": "LTAIone",
        "Action": "DescribeVpcs",
        "Version": "2016-04-28",
        "RegionId": "eu-central-1",
        "Format": "json",
        "SignatureMethod": "HMAC-SHA1",
        "SignatureVersion": "1.0",
        "SignatureNonce": str(uuid.uuid4()),
        "Timestamp": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    all_ = {name: value for name, value in {**common, **given}.items() if value}
    return {**all_, "Signature": given.get("Signature") or sign(method, all_, secret)}


def post(
    connection: http.client.HTTPConnection, query: dict[str, str], form: dict[str, str] | None = None
) -> tuple[int, dict[str, Any]]:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    connection.request("POST", f"/?{urlencode(query)}", urlencode(form or {}), headers)
    answer = connection.getresponse()
    return answer.status, json.loads(answer.read())


def encoded(start: str = "POST / HTTP/1.1", *headers: str, **given: str) -> bytes:
    """Return a signed request as its bytes."""
    body = urlencode(parameters(**given))
    return "\r\n".join((start, "Host: sandbox", f"Content-Length: {len(body)}", *headers, "", body)).encode()


def send(server: Server, *parts: bytes) -> socket.socket:
    """Send bytes over a connection of their own, part after part."""
    opened = socket.create_connection(("127.0.0.1", int(urlsplit(server.url).port or 0)), timeout=10)
    opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for part in parts:
        opened.sendall(part)
    return opened


def answers(opened: socket.socket) -> list[bytes]:
    """Return what the server sends until it ends the connection, by answer."""
    with opened, opened.makefile("rb") as reader:
        return reader.read().split(b"HTTP/1.1 ")[1:]


def test_a_signed_request_is_answered(connection: http.client.HTTPConnection) -> None:
    status, answer = post(connection, parameters())
    assert (status, answer["Vpcs"]) == (200, {"Vpc": []})


def test_parameters_may_be_split_over_query_and_form(connection: http.client.HTTPConnection) -> None:
    signed = parameters(Action="CreateVpc", CidrBlock="10.0.0.0/8", Description="a b*c~d/é+&=")
    form = {name: signed.pop(name) for name in ("CidrBlock", "Description")}
    status, made = post(connection, signed, form)
    assert status == 200
    _, shown = post(connection, parameters(Action="DescribeVpcAttribute", VpcId=made["VpcId"]))
    assert (shown["CidrBlock"], shown["Description"]) == ("10.0.0.0/8", "a b*c~d/é+&=")


def test_a_get_request_is_signed_as_get(connection: http.client.HTTPConnection) -> None:
    connection.request("GET", f"/?{urlencode(parameters(method='GET'))}")
    answer = connection.getresponse()
    assert (answer.status, json.loads(answer.read())["TotalCount"]) == (200, 0)


def test_one_connection_serves_many_requests(connection: http.client.HTTPConnection) -> None:
    post(connection, parameters())
    socket = connection.sock
    for _ in range(3):
        assert post(connection, parameters())[0] == 200
    # Without any socket the server has closed the connection after its answer.
    assert socket is not None
    assert connection.sock is socket


def test_sha256_signatures_are_accepted(connection: http.client.HTTPConnection) -> None:
    assert post(connection, parameters(SignatureMethod="HMAC-SHA256"))[0] == 200


@pytest.mark.parametrize(
    ("given", "status", "code"),
    [
        ({"secret": "wrong"}, 400, "SignatureDoesNotMatch"),
        ({"AccessKeyId": "LTAIunknown"}, 404, "InvalidAccessKeyId.NotFound"),
        ({"AccessKeyId": ""}, 400, "MissingAccessKeyId"),
        ({"Timestamp": "yesterday"}, 400, "InvalidTimeStamp.Format"),
        ({"SignatureNonce": ""}, 400, "MissingSignatureNonce"),
        ({"Action": ""}, 400, "MissingAction"),
        ({"Action": "DescribeEverything"}, 404, "InvalidAction.NotFound"),
        ({"RegionId": "eu-central-9"}, 404, "InvalidRegionId.NotFound"),
    ],
)
def test_refusals_are_error_documents(
    connection: http.client.HTTPConnection, given: dict[str, str], status: int, code: str
) -> None:
    answered, document = post(connection, parameters(**given))
    assert (answered, document["Code"]) == (status, code)
    assert document.keys() == {"Code", "Message", "RequestId", "HostId"}


def test_a_changed_request_is_refused(connection: http.client.HTTPConnection) -> None:
    signed = parameters(Action="CreateVpc", CidrBlock="10.0.0.0/8")
    status, document = post(connection, {**signed, "CidrBlock": "10.0.0.0/9"})
    assert (status, document["Code"]) == (400, "SignatureDoesNotMatch")


def test_an_old_request_is_refused(connection: http.client.HTTPConnection) -> None:
    old = (datetime.now(UTC) - timedelta(minutes=16)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert post(connection, parameters(Timestamp=old))[1]["Code"] == "InvalidTimeStamp.Expired"


def test_no_refusal_carries_the_secret(connection: http.client.HTTPConnection) -> None:
    assert "secret-one" not in json.dumps(post(connection, parameters(secret="wrong")))


def test_the_request_id_is_the_one_in_the_access_log(account: Any, connection: http.client.HTTPConnection) -> None:
    _, document = post(connection, parameters(Action="DeleteVpc", VpcId="vpc-missing"))
    assert account.cloud.access_log()[-1].request_id == document["RequestId"]


def test_clients_are_never_sent_to_a_real_endpoint(server: Server, connection: http.client.HTTPConnection) -> None:
    asked = parameters(Action="DescribeEndpoints", Version="2015-06-12", Id="eu-central-1", ServiceCode="ecs")
    _, answer = post(connection, asked)
    assert answer["Endpoints"]["Endpoint"][0]["Endpoint"] == urlsplit(server.url).netloc


def test_a_token_is_the_same_through_every_door(account: Any, connection: http.client.HTTPConnection) -> None:
    given = {"Action": "CreateVpc", "CidrBlock": "10.0.0.0/8", "ClientToken": "token"}
    _, first = post(connection, parameters(**given))
    with serve_cloud(account.cloud) as another:
        other = http.client.HTTPConnection(urlsplit(another.url).netloc, timeout=10)
        assert post(other, parameters(**given))[1]["VpcId"] == first["VpcId"]
        other.close()
    assert account.vpc("CreateVpc", CidrBlock="10.0.0.0/8", ClientToken="token")["VpcId"] == first["VpcId"]


def test_a_fault_of_our_own_is_an_answer_that_quotes_nothing(
    account: Any, connection: http.client.HTTPConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise ValueError("the user data")

    monkeypatch.setattr(account.cloud, "call", fail)
    status, document = post(connection, parameters())
    assert (status, document["Code"]) == (500, "InternalError")
    assert "the user data" not in json.dumps(document)


def test_requests_that_are_sent_at_once_are_answered_in_their_order(server: Server) -> None:
    actions = ("DescribeVpcs", "DescribeVSwitches", "DescribeNatGateways")
    requests = [encoded(Action=action) for action in actions]
    last = encoded("POST / HTTP/1.1", "Connection: close", Action="DescribeEipAddresses")
    found = answers(send(server, b"".join((*requests, last))))
    for name, answer in zip((b"Vpcs", b"VSwitches", b"NatGateways", b"EipAddresses"), found, strict=True):
        assert b'"%b": {' % name in answer


def test_a_request_may_come_in_pieces(server: Server) -> None:
    request = encoded("POST / HTTP/1.1", "Connection: close")
    pieces = [request[at : at + 7] for at in range(0, len(request), 7)]
    assert [answer[:6] for answer in answers(send(server, *pieces))] == [b"200 OK"]


def test_names_of_headers_are_taken_in_any_case(server: Server) -> None:
    request = encoded("POST / HTTP/1.1", "CONNECTION: Close").replace(b"Content-Length", b"cOnTeNt-lEnGtH")
    assert [answer[:6] for answer in answers(send(server, request))] == [b"200 OK"]


def test_lines_may_end_in_a_line_feed_alone(server: Server) -> None:
    request = encoded("POST / HTTP/1.1", "Connection: close").replace(b"\r\n", b"\n")
    assert [answer[:6] for answer in answers(send(server, request))] == [b"200 OK"]


def test_a_client_that_asks_first_is_told_to_go_on(server: Server) -> None:
    head, _, body = encoded("POST / HTTP/1.1", "Connection: close", "Expect: 100-continue").partition(b"\r\n\r\n")
    opened = send(server, head + b"\r\n\r\n")
    assert opened.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
    opened.sendall(body)
    assert [answer[:6] for answer in answers(opened)] == [b"200 OK"]


def test_an_older_client_is_hung_up_on_after_its_answer(server: Server) -> None:
    assert [answer[:6] for answer in answers(send(server, encoded("POST / HTTP/1.0")))] == [b"200 OK"]


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"POST / HTTP/1.1\r\nContent-Length: 1048577\r\n\r\n" + bytes(1048577), b"413"),
        (b"POST / HTTP/1.1\r\nContent-Length: many\r\n\r\n", b"413"),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", b"413"),
        (b"GET / HTTP/1.1\r\nX-Long: " + b"x" * 70000, b"431"),
        (b"GET /\r\n\r\n", b"400"),
        (b"GET / HTTP/2.0\r\n\r\n", b"400"),
        (b"GET http://[ HTTP/1.1\r\n\r\n", b"400"),
        (b"POST / HTTP/1.1\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\n", b"413"),
        (b"GET / HTTP/1.1\r\nno colon\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\nname : value\r\n\r\n", b"400"),
    ],
    ids=[
        "large body",
        "length",
        "chunks",
        "large head",
        "no version",
        "version",
        "address",
        "huge",
        "no colon",
        "space",
    ],
)
def test_what_cannot_be_read_is_refused_and_ends_the_connection(server: Server, request_: bytes, status: bytes) -> None:
    (answer,) = answers(send(server, request_))
    assert (answer[:3], b"Connection: close\r\n" in answer) == (status, True)


def test_other_methods_are_refused(connection: http.client.HTTPConnection) -> None:
    connection.request("DELETE", "/")
    answer = connection.getresponse()
    assert (answer.status, json.loads(answer.read())["Code"]) == (405, "UnsupportedHTTPMethod")


def test_half_a_request_has_no_effect(account: Any, server: Server) -> None:
    send(server, encoded(Action="CreateVpc")[:-1]).close()
    server.close()  # waits for the connection's thread
    assert account.cloud.access_log() == []


def test_a_call_that_waits_lets_others_pass(account: Any, server: Server, connection: Any) -> None:
    account.cloud.faults.add(Fault("CreateVpc", "latency", delay_ms=1000))
    with send(server, encoded(Action="CreateVpc")) as waiting:
        assert post(connection, parameters())[0] == 200
        waiting.setblocking(False)
        with pytest.raises(BlockingIOError):
            waiting.recv(1)


def test_a_client_that_does_not_read_lets_others_pass(server: Server, connection: Any) -> None:
    large = encoded(Action="DescribeZones", Version="2014-05-26")
    requests = [encoded(Action="DescribeZones", Version="2014-05-26") for _ in range(400)]
    assert len(large) * 400 < 400_000
    with send(server, *requests):
        assert post(connection, parameters())[0] == 200


def test_only_loopback_is_listened_on(cloud: Cloud) -> None:
    with pytest.raises(ValueError, match="loopback"):
        serve_cloud(cloud, host="0.0.0.0")


def test_closing_ends_open_connections_and_threads(account: Any) -> None:
    before = set(threading.enumerate())
    server = serve_cloud(account.cloud)
    connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=10)
    assert post(connection, parameters())[0] == 200
    server.close()
    assert set(threading.enumerate()) == before
    with pytest.raises(OSError):
        http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=1).request("GET", "/")
    connection.close()


@pytest.mark.parametrize("first", ["a handshake", "a call that waits"])
def test_a_door_without_free_threads_goes_on(
    account: Any, server: Server, connection: Any, monkeypatch: pytest.MonkeyPatch, first: str
) -> None:
    start, failing = threading.Thread.start, [True]

    def fail_once(thread: threading.Thread) -> None:
        if failing and thread.name == "sandbox-wire":
            failing.pop()
            raise RuntimeError("can't start new thread")
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", fail_once)
    if first == "a handshake":
        with contextlib.suppress(ConnectionResetError):  # it is hung up on, unread
            assert answers(send(server, b"\x16\x03\x01\x00\x05hello")) == []
    else:
        account.cloud.faults.add(Fault("DescribeVpcs", "latency", delay_ms=10))
        assert post(connection, parameters())[0] == 200
    assert failing == []
    assert post(connection, parameters())[0] == 200

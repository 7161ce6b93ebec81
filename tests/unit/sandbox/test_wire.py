"""The HTTP door: signatures, both places for parameters, error documents, clean ends."""

from __future__ import annotations

import http.client
import json
import threading
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest

from provisioner.sandbox.cloud import Cloud
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

"""Requests that carry their signature in a header (ACS3-HMAC-SHA256), and nonces in both styles."""

from __future__ import annotations

import hashlib
import http.client
import json
import uuid
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest

from provisioner.sandbox.cloud import ActionError
from provisioner.sandbox.wire import authorization, serve_cloud, signature
from provisioner.sandbox.wire.authorization import Request
from provisioner.sandbox.wire.nonces import Nonces

FORM = "application/x-www-form-urlencoded"


class Client:
    """Signs and sends requests; `headers` that are None are left out."""

    def __init__(self, url: str) -> None:
        self.host = urlsplit(url).netloc
        self.connection = http.client.HTTPConnection(self.host, timeout=10)

    def signed(
        self,
        action: str,
        query: Mapping[str, str],
        *,
        method: str = "POST",
        body: bytes = b"",
        secret: str = "secret-one",
        **headers: str | None,
    ) -> dict[str, str]:
        """Return the headers of a signed request."""
        given = {
            "host": self.host,
            "x-acs-action": action,
            "x-acs-version": "2016-04-28",
            "x-acs-date": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "x-acs-signature-nonce": uuid.uuid4().hex,
            "x-acs-content-sha256": hashlib.sha256(body).hexdigest(),
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        kept = {name: value for name, value in given.items() if value is not None}
        made = authorization.sign(Request(method, "/", query, kept, body), kept, secret)
        names = ";".join(sorted(kept))
        return {**kept, "Authorization": f"ACS3-HMAC-SHA256 Credential=LTAIone,SignedHeaders={names},Signature={made}"}

    def send(
        self, headers: Mapping[str, str], query: Mapping[str, str], body: bytes = b"", method: str = "POST"
    ) -> tuple[int, dict[str, Any]]:
        """Return status and document of the answer."""
        self.connection.request(method, f"/?{urlencode(query)}", body, dict(headers))
        answer = self.connection.getresponse()
        return answer.status, json.loads(answer.read())

    def __call__(
        self, action: str, query: Mapping[str, str], body: bytes = b"", **options: Any
    ) -> tuple[int, dict[str, Any]]:
        """Sign and send."""
        headers = self.signed(action, query, body=body, **options)
        return self.send(headers, query, body, options.get("method", "POST"))


IN_REGION = {"RegionId": "eu-central-1"}


@pytest.fixture
def client(account: Any) -> Iterator[Client]:
    with serve_cloud(account.cloud) as server:
        opened = Client(server.url)
        yield opened
        opened.connection.close()


def test_the_signature_is_the_one_of_the_public_documentation() -> None:
    """The worked example of "V3 request body and signature mechanism", with its placeholder keys."""
    headers = {
        "host": "ecs.cn-shanghai.aliyuncs.com",
        "x-acs-action": "RunInstances",
        "x-acs-content-sha256": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "x-acs-date": "2023-10-26T10:22:32Z",
        "x-acs-signature-nonce": "3156853299f313e23d1673dc12e1703d",
        "x-acs-version": "2014-05-26",
    }
    query = {"ImageId": "win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd", "RegionId": "cn-shanghai"}
    made = authorization.sign(Request("POST", "/", query, headers, b""), headers, "YourAccessKeySecret")
    assert made == "06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0"


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_parameters_may_be_in_the_query(client: Client, method: str) -> None:
    status, answer = client("DescribeVpcs", IN_REGION, method=method)
    assert (status, answer["Vpcs"]) == (200, {"Vpc": []})


def test_parameters_may_be_in_a_form(client: Client, account: Any) -> None:
    form = urlencode({"CidrBlock": "10.0.0.0/8", "Description": "a b*c~d/é+&="}).encode()
    status, made = client("CreateVpc", IN_REGION, form, content_type=FORM)
    assert status == 200
    assert account.vpc("DescribeVpcAttribute", VpcId=made["VpcId"])["Description"] == "a b*c~d/é+&="


def test_parameters_may_be_in_a_json_document(client: Client, account: Any) -> None:
    document = {**IN_REGION, "CidrBlock": "10.0.0.0/8", "EnableIpv6": False, "Tag": [{"Key": "k", "Value": "ü"}]}
    status, made = client("CreateVpc", {}, json.dumps(document).encode(), content_type="application/json")
    assert status == 200
    assert account.vpc("DescribeVpcAttribute", VpcId=made["VpcId"])["Tags"] == {"Tag": [{"Key": "k", "Value": "ü"}]}


@pytest.mark.parametrize("body", [b"[1]", b"{", b"[" * 100_000])
def test_a_body_that_is_no_json_object_is_refused(client: Client, body: bytes) -> None:
    status, answer = client("CreateVpc", IN_REGION, body, content_type="application/json")
    assert (status, answer["Code"]) == (400, "InvalidJSON")


def test_a_parameter_cannot_name_another_action(client: Client) -> None:
    status, answer = client("DescribeVpcs", {**IN_REGION, "Action": "CreateVpc", "CidrBlock": "10.0.0.0/8"})
    assert (status, answer["TotalCount"]) == (200, 0)


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"secret": "wrong"}, "SignatureDoesNotMatch"),
        ({"x_acs_date": "yesterday"}, "InvalidTimeStamp.Format"),
        ({"x_acs_date": "2020-01-01T00:00:00Z"}, "InvalidTimeStamp.Expired"),
        ({"x_acs_date": None}, "MissingTimestamp"),
        ({"x_acs_signature_nonce": None}, "MissingSignatureNonce"),
        ({"x_acs_action": None}, "MissingAction"),
        ({"x_acs_version": None}, "MissingVersion"),
        ({"x_acs_content_sha256": None}, "MissingContentSha256"),
    ],
)
def test_what_is_wrong_or_missing_is_refused(client: Client, options: dict[str, Any], code: str) -> None:
    status, answer = client("DescribeVpcs", IN_REGION, **options)
    assert (status, answer["Code"]) == (400, code)
    assert answer.keys() == {"Code", "Message", "RequestId", "HostId"}


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ("ACS3-HMAC-SM3 Credential=LTAIone,SignedHeaders=host,Signature=00", "InvalidSignatureMethod"),
        ("ACS3-HMAC-SHA256", "IncompleteSignature"),
        ("ACS3-HMAC-SHA256 Credential=LTAIone,Signature=00", "IncompleteSignature"),
        ("ACS3-HMAC-SHA256 Credential=LTAIone,SignedHeaders=host,Signature=00", "IncompleteSignature"),
        ("ACS3-HMAC-SHA256 Credential=LTAImissing,SignedHeaders=host,Signature=00", "InvalidAccessKeyId.NotFound"),
    ],
)
def test_an_authorization_that_says_too_little_is_refused(client: Client, header: str, code: str) -> None:
    headers = {**client.signed("DescribeVpcs", IN_REGION), "Authorization": header}
    assert client.send(headers, IN_REGION)[1]["Code"] == code


@pytest.mark.parametrize("changed", ["query", "body", "header"])
def test_a_changed_request_is_refused(client: Client, changed: str) -> None:
    form = b"CidrBlock=10.0.0.0%2F8"
    headers = client.signed("CreateVpc", IN_REGION, body=form, content_type=FORM)
    query = {**IN_REGION, **({"Description": "b"} if changed == "query" else {})}
    body = form + (b"&Description=b" if changed == "body" else b"")
    if changed == "header":
        headers["x-acs-action"] = "DescribeVpcs"
    assert client.send(headers, query, body)[1]["Code"] == "SignatureDoesNotMatch"


def test_a_replayed_request_is_refused(client: Client) -> None:
    headers = client.signed("DescribeVpcs", IN_REGION)
    assert client.send(headers, IN_REGION)[0] == 200
    status, answer = client.send(headers, IN_REGION)
    assert (status, answer["Code"]) == (400, "SignatureNonceUsed")


def test_a_replayed_request_with_its_signature_among_the_parameters_is_refused(client: Client) -> None:
    parameters = {
        **IN_REGION,
        "AccessKeyId": "LTAIone",
        "Action": "DescribeVpcs",
        "Version": "2016-04-28",
        "SignatureMethod": "HMAC-SHA1",
        "SignatureVersion": "1.0",
        "SignatureNonce": "once",
        "Timestamp": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    parameters["Signature"] = signature.sign("POST", parameters, "secret-one")
    assert client.send({}, parameters)[0] == 200
    assert client.send({}, parameters)[1]["Code"] == "SignatureNonceUsed"


def test_a_wrong_signature_does_not_use_a_nonce_up(client: Client) -> None:
    assert client("DescribeVpcs", IN_REGION, secret="wrong", x_acs_signature_nonce="n")[0] == 400
    assert client("DescribeVpcs", IN_REGION, x_acs_signature_nonce="n")[0] == 200


NOW = datetime(2026, 1, 2, tzinfo=UTC)


def test_a_nonce_may_be_used_again_when_its_request_has_expired() -> None:
    nonces = Nonces(timedelta(minutes=30))
    nonces.use("key", "nonce", NOW)
    with pytest.raises(ActionError):
        nonces.use("key", "nonce", NOW + timedelta(minutes=30))
    nonces.use("key", "nonce", NOW + timedelta(minutes=31))


def test_access_keys_do_not_share_nonces() -> None:
    nonces = Nonces(timedelta(minutes=30))
    nonces.use("one", "nonce", NOW)
    nonces.use("two", "nonce", NOW)


def test_the_newest_nonces_are_kept() -> None:
    nonces = Nonces(timedelta(minutes=30), most=2)
    for nonce in ("a", "b", "c"):
        nonces.use("key", nonce, NOW)
    with pytest.raises(ActionError):
        nonces.use("key", "c", NOW)
    nonces.use("key", "a", NOW)

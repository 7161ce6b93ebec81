"""
What the providers print when the cloud refuses, fails or stays silent, and what an operator is told about it.

data/provider_errors.json holds what aliyun/alicloud 1.289.0 printed against the sandbox under faults on demand, with
each of its three clients: tea, the typed SDK, and the CommonRequest that it uses over TLS alone. `summary` and `detail`
are as printed, but for access keys, signatures, nonces and the name of the folder the provider was built in.

Both providers are then run against the same faults. The real one runs where the environment variable
PROVISION_REAL_PROVIDER names its executable.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from provisioner.errors import CloudError, ProvisionError
from provisioner.gardener_codes import _PATTERNS, gardener_codes
from provisioner.render import ENDPOINT_SERVICES
from provisioner.runner import Interruption, Terraform
from provisioner.runner.diagnostics import diagnostic_error
from provisioner.runner.engine import Engine
from provisioner.runner.events import Event
from provisioner.sandbox.cloud import Cloud
from provisioner.sandbox.cloud.faults import Fault
from provisioner.sandbox.sandbox import open_cloud
from provisioner.sandbox.wire import serve_cloud
from tests.contract.real_provider import (
    ACCESS_KEY_ID,
    ACCESS_KEY_SECRET,
    MISSING,
    REAL_PROVIDER,
    embedded_provider,
    provider_environment,
)
from tests.e2e.conftest import EXAMPLE, Provision

RECORDED: list[dict[str, Any]] = json.loads((Path(__file__).parent / "data" / "provider_errors.json").read_text())
needs_real_provider = pytest.mark.skipif(not REAL_PROVIDER, reason=MISSING)

ONLY_OF_THE_EXTENSION = {
    # The typed SDK says so when it knows no endpoint; the provider always gives it one, and gets `no such host`.
    "ERR_RETRYABLE_CONFIGURATION_PROBLEM": "[SDK.CanNotResolveEndpoint] Can not resolve endpoint.",
}
"""Codes that no message of the provider has, each with a text for which the extension gives it."""

UNREADABLE = re.compile(
    r"\.go:|\[ERROR\]|!!!|\n|\x1b|SDKError|ServerError|RespHeaders|map\[|StatusCode|AccessKeyId=|Signature(?:Nonce)?=|\?Action"
)
"""Text for the provider's developers only, or secret."""


def judged(error: ProvisionError) -> dict[str, Any]:
    """Return what is decided about an error."""
    assert isinstance(error, CloudError), error
    return {
        "codes": list(error.codes),
        "cloud_code": error.cloud_code,
        "request_id": error.request_id,
        "retryable": error.is_retryable,
    }


@pytest.mark.parametrize(
    "record", RECORDED, ids=lambda record: f"{record['client']}-{record['name'].replace(' ', '-')}"
)
class TestRecordedMessage:
    def test_is_classified(self, record: dict[str, Any]) -> None:
        assert judged(diagnostic_error(record)) == record["expected"]

    def test_becomes_one_readable_sentence(self, record: dict[str, Any]) -> None:
        message = str(diagnostic_error(record))
        assert UNREADABLE.search(message) is None, message

    def test_keeps_what_support_asks_for(self, record: dict[str, Any]) -> None:
        message = str(diagnostic_error(record))
        wanted = [record["expected"]["cloud_code"], record["expected"]["request_id"]]
        wanted += [record["action"]] if f"{record['action']} Failed!!!" in record["summary"] else []
        assert [word for word in wanted if word not in message] == []


def test_every_code_has_a_recorded_message_or_a_text_of_the_extension() -> None:
    recorded = {code for record in RECORDED for code in record["expected"]["codes"]}
    assert recorded | ONLY_OF_THE_EXTENSION.keys() == _PATTERNS.keys()
    assert {code: gardener_codes(text) for code, text in ONLY_OF_THE_EXTENSION.items()} == {
        code: (code,) for code in ONLY_OF_THE_EXTENSION
    }


@dataclass(frozen=True)
class Case:
    """A fault of one action, the resource whose creation meets it, and what must come out."""

    action: str
    kind: str
    code: str
    codes: tuple[str, ...]
    is_retryable: bool
    replaces_code: bool = False

    @property
    def fault(self) -> Fault:
        return Fault(self.action, self.kind, code=self.code if self.replaces_code else "")


# Faults come before parameters are looked at, so nothing here needs what it names.
RESOURCES = {
    "CreateVpc": ("alicloud_vpc", {"cidr_block": "10.0.0.0/8"}),
    "CreateVSwitch": ("alicloud_vswitch", {"vpc_id": "vpc-x", "cidr_block": "10.1.0.0/16", "zone_id": "eu-central-1a"}),
    "CreateNatGateway": (
        "alicloud_nat_gateway",
        {"vpc_id": "vpc-x", "vswitch_id": "vsw-x", "nat_type": "Enhanced", "payment_type": "PayAsYouGo"},
    ),
    "AllocateEipAddress": ("alicloud_eip_address", {"bandwidth": "100", "payment_type": "PayAsYouGo"}),
    "AssociateEipAddress": (
        "alicloud_eip_association",
        {"allocation_id": "eip-x", "instance_id": "ngw-x", "instance_type": "Nat"},
    ),
    "CreateSnatEntry": (
        "alicloud_snat_entry",
        {"snat_table_id": "stb-x", "source_vswitch_id": "vsw-x", "snat_ip": "47.0.0.1"},
    ),
    "CreateSecurityGroup": ("alicloud_security_group", {"security_group_name": "group", "vpc_id": "vpc-x"}),
    # The first call for a rule, and one of the typed SDK.
    "DescribeSecurityGroupAttribute": (
        "alicloud_security_group_rule",
        {
            "type": "ingress",
            "ip_protocol": "tcp",
            "nic_type": "intranet",
            "policy": "accept",
            "port_range": "1/2",
            "priority": 1,
            "security_group_id": "sg-x",
            "cidr_ip": "0.0.0.0/0",
        },
    ),
    "ImportKeyPair": ("alicloud_ecs_key_pair", {"key_pair_name": "pair", "public_key": "ssh-rsa AAAAB3Nz core"}),
    "CreateScalingGroup": (
        "alicloud_ess_scaling_group",
        {"scaling_group_name": "group", "min_size": 0, "max_size": 1, "vswitch_ids": ["vsw-x"]},
    ),
    "CreateScalingConfiguration": (
        "alicloud_ess_scaling_configuration",
        {
            "scaling_group_id": "asg-x",
            "image_id": "m-x",
            "instance_type": "ecs.g7.large",
            "security_group_id": "sg-x",
        },
    ),
}
PATIENCE = ("CreateVpc", "CreateVSwitch", "CreateNatGateway", "AllocateEipAddress", "CreateSnatEntry", "ImportKeyPair")
"""Whose resources can be told for how long to repeat what is refused for now."""

REFUSED = (
    Case("CreateVpc", "quota", "QuotaExceeded.Vpc", ("ERR_INFRA_QUOTA_EXCEEDED",), False),
    Case("CreateVSwitch", "out-of-stock", "Zone.NotOnSale", ("ERR_INFRA_RESOURCES_DEPLETED",), True),
    Case("CreateNatGateway", "throttling", "InvalidVpcId.NotFound", ("ERR_RETRYABLE_INFRA_DEPENDENCIES",), True, True),
    Case("AllocateEipAddress", "throttling", "InsufficientBalance", ("ERR_INFRA_QUOTA_EXCEEDED",), False, True),
    Case(
        "AssociateEipAddress", "throttling", "InvalidAccessKeyId.NotFound", ("ERR_INFRA_UNAUTHENTICATED",), False, True
    ),
    Case("CreateSnatEntry", "throttling", "SignatureDoesNotMatch", ("ERR_INFRA_UNAUTHORIZED",), False, True),
    Case("CreateSecurityGroup", "quota", "QuotaExceed.SecurityGroup", ("ERR_INFRA_QUOTA_EXCEEDED",), False, True),
    Case("DescribeSecurityGroupAttribute", "forbidden", "Forbidden.RAM", ("ERR_INFRA_UNAUTHORIZED",), False),
    Case("ImportKeyPair", "throttling", "InvalidCidrBlock", ("ERR_INFRA_DEPENDENCIES",), False, True),
    Case("CreateScalingGroup", "throttling", "DependencyViolation", ("ERR_INFRA_DEPENDENCIES",), False, True),
    Case(
        "CreateScalingConfiguration",
        "out-of-stock",
        "OperationDenied.NoStock",
        ("ERR_INFRA_RESOURCES_DEPLETED",),
        True,
    ),
)
FAILED = (
    Case("CreateVpc", "throttling", "Throttling.User", ("ERR_INFRA_RATE_LIMITS_EXCEEDED",), True),
    Case("CreateVSwitch", "unavailable", "ServiceUnavailable", ("ERR_RETRYABLE_INFRA_DEPENDENCIES",), True),
    Case("CreateNatGateway", "internal-error", "InternalError", ("ERR_RETRYABLE_INFRA_DEPENDENCIES",), True),
    Case("AllocateEipAddress", "throttling", "Throttling.Api", ("ERR_INFRA_RATE_LIMITS_EXCEEDED",), True, True),
    Case(
        "CreateSnatEntry",
        "unavailable",
        "IncorrectStatus.NatGateway",
        ("ERR_RETRYABLE_INFRA_DEPENDENCIES",),
        True,
        True,
    ),
    Case("CreateSecurityGroup", "reset", "", ("ERR_RETRYABLE_INFRA_DEPENDENCIES",), True),
    Case("ImportKeyPair", "lost-answer", "", ("ERR_RETRYABLE_INFRA_DEPENDENCIES",), True),
)


def root_of(cases: tuple[Case, ...], endpoint: str) -> dict[str, Any]:
    """Return a root module in Terraform's JSON, with one independent resource for each case."""
    resource: dict[str, Any] = {}
    for case in cases:
        type_name, values = RESOURCES[case.action]
        patience = {"timeouts": {"create": "4s"}} if case.action in PATIENCE else {}
        resource[type_name] = {"this": {**values, **patience}}
    provider = {
        "region": "eu-central-1",
        "protocol": "HTTP",
        "account_type": "Domestic",
        "skip_region_validation": True,
        "endpoints": dict.fromkeys(ENDPOINT_SERVICES, endpoint),
    }
    return {
        "terraform": {"required_providers": {"alicloud": {"source": "aliyun/alicloud"}}},
        "provider": {"alicloud": provider},
        "resource": resource,
    }


@pytest.fixture(params=["embedded", pytest.param("real", marks=needs_real_provider)])
def door(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@contextmanager
def provider_of(door: str, folder: Path, cloud: Cloud) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Yield the endpoint for the root module, and the environment in which terraform reaches the provider."""
    usual = provider_environment(folder)
    if door == "embedded":
        with embedded_provider(cloud, cloud.enroll(ACCESS_KEY_ID, ACCESS_KEY_SECRET)) as reached:
            yield "127.0.0.1:1", usual | reached
    else:
        cloud.enroll(ACCESS_KEY_ID, ACCESS_KEY_SECRET)
        with serve_cloud(cloud) as server:
            yield server.url.removeprefix("http://"), usual


def failed_run(door: str, engine: Engine, folder: Path, cases: tuple[Case, ...]) -> tuple[ProvisionError, list[Any]]:
    """Apply a root module whose every resource meets a fault; return the error of the run, and its diagnostics."""
    diagnostics: list[Any] = []

    def take(event: Event) -> None:
        if event.type == "diagnostic" and event.record["diagnostic"]["severity"] == "error":
            diagnostics.append(event.record["diagnostic"])

    cloud = open_cloud(folder / "cloud")
    root = folder / "root"
    root.mkdir()
    try:
        for case in cases:
            cloud.faults.add(case.fault)
        with provider_of(door, folder, cloud) as (endpoint, reached):
            (root / "main.tf.json").write_text(json.dumps(root_of(cases, endpoint)))
            environment = {**reached, "MAX_RETRY_TIMEOUT": "4"}
            grace = Interruption(timedelta(seconds=5))
            terraform = Terraform(engine, root, environment, grace, on_event=take, parallelism=len(cases))
            with pytest.raises(ProvisionError) as caught:
                terraform.apply_at_once(lambda _: None)
    finally:
        cloud.close()
    return caught.value, diagnostics


@pytest.mark.parametrize("cases", [REFUSED, FAILED], ids=["refused", "failed"])
def test_both_providers_end_in_the_same_codes(
    door: str, engine: Engine, tmp_path: Path, cases: tuple[Case, ...]
) -> None:
    """Ten seconds with the real provider, which pauses for that long before it repeats."""
    error, diagnostics = failed_run(door, engine, tmp_path, cases)
    found = {}
    for diagnostic in diagnostics:
        told = diagnostic_error(diagnostic)
        assert isinstance(told, CloudError), told
        assert UNREADABLE.search(str(told)) is None, told
        assert bool(told.request_id) == bool(told.cloud_code), told
        found[diagnostic["address"]] = (told.cloud_code, told.codes, told.is_retryable)
    assert found == {f"{RESOURCES[case.action][0]}.this": (case.code, case.codes, case.is_retryable) for case in cases}
    assert (error.exit_code, error.is_retryable) == (5, all(case.is_retryable for case in cases))
    assert error.codes == tuple(sorted({code for case in cases for code in case.codes}))


@needs_real_provider
def test_command_with_the_real_provider_ends_with_the_refusals(tmp_path: Path) -> None:
    provision = Provision(tmp_path, environment={"PROVISION_REAL_PROVIDER": str(REAL_PROVIDER)})
    for action, kind in (("CreateVpc", "quota"), ("AllocateEipAddress", "forbidden"), ("ImportKeyPair", "reset")):
        provision.ok("sandbox", "fault", "add", action, "--kind", kind)
    refused = provision("apply", EXAMPLE, "--provider", "real", "-o", "json")
    error = refused.document["error"]
    assert (refused.code, error["codes"], error["retryable"]) == (
        5,
        ["ERR_INFRA_QUOTA_EXCEEDED", "ERR_INFRA_UNAUTHORIZED", "ERR_RETRYABLE_INFRA_DEPENDENCIES"],
        False,
    )
    lines = error["message"].splitlines()
    assert [line for line in lines if re.search(UNREADABLE, line)] == []
    module = "module.infrastructure"
    for start in (
        f"{module}.alicloud_vpc.this[0]: CreateVpc: QuotaExceeded.Vpc: ",
        f'{module}.alicloud_eip_address.nat["eu-central-1a"]: AllocateEipAddress: Forbidden.RAM: ',
        f'{module}.alicloud_ecs_key_pair.nodes["shoot--demo--canary-ssh-publickey"]: ImportKeyPair: no answer from ',
    ):
        assert any(line.startswith(start) for line in lines), error["message"]

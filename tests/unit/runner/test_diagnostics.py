import pytest

from provisioner.errors import CloudError, TerraformError
from provisioner.runner.diagnostics import diagnostic_error, run_error

TEA = """[ERROR] terraform-provider-alicloud/alicloud/resource_alicloud_vswitch.go:200: Resource alicloud_vswitch CreateVSwitch Failed!!! [SDK alibaba-cloud-sdk-go ERROR]:
SDKError:
   StatusCode: 400
   Code: InvalidCidrBlock.Overlapped
   Message: code: 400, The CIDR overlaps. request id: 7A1B-22
   Data: {"Code":"InvalidCidrBlock.Overlapped","RequestId":"7A1B-22"}"""  # noqa: E501 - as the provider prints it
TYPED = """[ERROR] terraform-provider-alicloud/alicloud/service_alicloud_ess.go:60: Resource asg-1 DeleteScalingGroup Failed!!! [SDK alibaba-cloud-sdk-go ERROR]:
SDK.ServerError
ErrorCode: Throttling.User
Recommend: https://example.invalid
RequestId: 9C-33
Message: Request was denied due to user flow control."""  # noqa: E501 - as the provider prints it


def test_tea_error_keeps_address_code_and_request_id():
    error = diagnostic_error({"severity": "error", "summary": TEA, "address": "module.m.alicloud_vswitch.zone"})
    assert isinstance(error, CloudError)
    assert str(error) == (
        "module.m.alicloud_vswitch.zone: CreateVSwitch: InvalidCidrBlock.Overlapped: The CIDR overlaps."
        " (request id 7A1B-22)"
    )


def test_tea_error_has_gardeners_code():
    assert diagnostic_error({"summary": TEA}).codes == ("ERR_INFRA_DEPENDENCIES",)


def test_typed_sdk_error_keeps_code_and_request_id():
    error = diagnostic_error({"summary": TYPED})
    assert isinstance(error, CloudError)
    assert (error.cloud_code, error.request_id, error.codes) == (
        "Throttling.User",
        "9C-33",
        ("ERR_INFRA_RATE_LIMITS_EXCEEDED",),
    )


def test_error_without_a_cloud_code_is_terraforms_and_names_the_line():
    diagnostic = {
        "summary": "Invalid value",
        "detail": "too long",
        "range": {"filename": "main.tf", "start": {"line": 7}},
    }
    error = diagnostic_error(diagnostic)
    assert isinstance(error, TerraformError)
    assert str(error) == "main.tf:7: Invalid value: too long"


def test_same_error_of_two_resources_is_told_once_each_and_repeats_are_not():
    first, second = {"summary": TEA, "address": "a.b"}, {"summary": TEA, "address": "a.c"}
    assert str(run_error([first, second, first], "apply", 1, "")).count("InvalidCidrBlock") == 2


def test_crash_without_diagnostics_tells_the_last_lines():
    assert "exit code 2: panic: oh" in str(run_error([], "apply", 2, "panic: oh"))


@pytest.mark.parametrize("size", [10, 100_000])
def test_messages_are_bounded(size):
    assert len(str(diagnostic_error({"summary": "x" * size}))) < 2100


def test_call_without_an_answer_is_told_without_its_signature():
    text = (
        "\x1b[31m[ERROR]\x1b[0m terraform-provider-alicloud/alicloud/resource_alicloud_vpc.go:1: "
        "Resource alicloud_vpc CreateVpc Failed!!! [SDK alibaba-cloud-sdk-go ERROR]:\n"
        'Post "https://vpc.eu-central-1.aliyuncs.com/?AccessKeyId=LTAI&Signature=abc": EOF'
    )
    error = diagnostic_error({"severity": "error", "summary": text, "address": "alicloud_vpc.this"})
    assert str(error) == (
        "alicloud_vpc.this: CreateVpc: no answer from https://vpc.eu-central-1.aliyuncs.com/: EOF; "
        "it may have taken effect"
    )

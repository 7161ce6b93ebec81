import pytest

from provisioner.errors import CloudError, TerraformError
from provisioner.runner.diagnostics import diagnostic_error, leaves_open, run_error, with_address

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

WAIT = (
    "\x1b[31m[ERROR]\x1b[0m terraform-provider-alicloud/alicloud/resource_alicloud_vpc.go:807: Resource id：vpc-1 :\n"  # noqa: RUF001 - the provider's own colon
    "timeout while waiting for resource to be gone (last state: 'Deleting', timeout: 10m0s)"
)
UNSEEN = """[ERROR] terraform-provider-alicloud/alicloud/resource_alicloud_security_group.go:270:
[ERROR] terraform-provider-alicloud/alicloud/service_alicloud_ecs_v2.go:578: ResourceNotfound!!! map[]:
The specified SecurityGroup sg-1 is not found."""


def refused(code, message, operation="CreateVSwitch", subject="alicloud_vswitch", status=400):
    """Return a diagnostic of the tea client."""
    place = "[ERROR] terraform-provider-alicloud/alicloud/resource_alicloud_vswitch.go:200"
    head = f"{place}: Resource {subject} {operation} Failed!!! [SDK alibaba-cloud-sdk-go ERROR]:"
    told = f"   Code: {code}\n   Message: code: {status}, {message} request id: 7A1B-22"
    return {"summary": f"{head}\nSDKError:\n   StatusCode: {status}\n{told}\n   Data: {{}}"}


def unanswered(operation, reason):
    """Return a diagnostic of a call without an answer."""
    place = "[ERROR] terraform-provider-alicloud/alicloud/resource_alicloud_vpc.go:1"
    head = f"{place}: Resource vpc-1 {operation} Failed!!! [SDK alibaba-cloud-sdk-go ERROR]:"
    return {"summary": f'{head}\nPost "https://vpc.aliyuncs.com/?AccessKeyId=LTAI&Signature=abc": {reason}'}


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
    error = run_error([], "apply", 2, "panic: oh\n\n  main.go:7  \nexit status 2\n")
    assert str(error) == "terraform apply ended with exit code 2: exit status 2"
    assert error.__notes__ == ["terraform printed: panic: oh", "terraform printed: main.go:7"]


def test_each_diagnostic_is_a_problem_of_its_own():
    error = run_error([{"summary": TEA, "address": "a.b"}, {"summary": TEA, "address": "a.c"}], "apply", 1, "")
    assert [problem.object for problem in error.problems] == ["a.b", "a.c"]


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


@pytest.mark.parametrize(
    ("operation", "reason", "message"),
    [
        ("DescribeVpcAttribute", "EOF", "DescribeVpcAttribute: no answer from https://vpc.aliyuncs.com/: EOF"),
        (
            "CreateVpc",
            "dial tcp 127.0.0.1:9: connect: connection refused",
            "CreateVpc: cannot reach https://vpc.aliyuncs.com/: dial tcp 127.0.0.1:9: connect: connection refused",
        ),
    ],
    ids=["a-read-changes-nothing", "what-was-not-sent-changes-nothing"],
)
def test_only_what_may_have_taken_effect_is_said_to(operation, reason, message):
    assert str(diagnostic_error(unanswered(operation, reason))) == message


@pytest.mark.parametrize(
    ("reason", "codes", "is_retryable"),
    [
        ("EOF", ("ERR_RETRYABLE_INFRA_DEPENDENCIES",), True),
        ("net/http: TLS handshake timeout", ("ERR_RETRYABLE_INFRA_DEPENDENCIES",), True),
        ("tls: failed to verify certificate: x509: certificate has expired", (), False),
    ],
)
def test_missing_answer_passes_and_a_wrong_certificate_does_not(reason, codes, is_retryable):
    error = diagnostic_error(unanswered("CreateVpc", reason))
    assert (error.codes, error.is_retryable) == (codes, is_retryable)


def test_wait_that_took_too_long_names_the_object_alone():
    error = diagnostic_error({"summary": WAIT})
    assert isinstance(error, CloudError)
    assert str(error) == (
        "vpc-1: timeout while waiting for resource to be gone (last state: 'Deleting', timeout: 10m0s)"
    )


def test_wait_for_something_destroyed_gets_its_address_from_the_id():
    assert with_address({"summary": WAIT}, {"vpc-1": "alicloud_vpc.this"})["address"] == "alicloud_vpc.this"


def test_what_cannot_be_read_yet_is_told_without_source_files():
    assert str(diagnostic_error({"summary": UNSEEN})) == "The specified SecurityGroup sg-1 is not found."


@pytest.mark.parametrize("folder", ["terraform-provider-alicloud", "work", "provider-1.289.0"])
def test_provider_is_known_whatever_folder_it_was_built_in(folder):
    summary = UNSEEN.replace("terraform-provider-alicloud/", f"{folder}/")
    assert isinstance(diagnostic_error({"summary": summary}), CloudError)


def test_request_that_was_signed_wrongly_is_not_told():
    """Alibaba Cloud repeats it in its answer, with the key and every parameter, user data included."""
    signed = "POST&%2F&AccessKeyId%3DLTAI5t%26Action%3DCreateScalingConfiguration%26UserData%3DaGVsbG8"
    message = f"Specified signature is not matched with our calculation. server string to sign is:{signed}"
    assert str(diagnostic_error(refused("SignatureDoesNotMatch", message))) == (
        "CreateVSwitch: SignatureDoesNotMatch: Specified signature is not matched with our calculation"
        " (request id 7A1B-22)"
    )


def test_names_of_objects_give_no_codes():
    error = diagnostic_error(refused("InvalidParameter", "not valid.", subject="shoot--throttling--conflict"))
    assert error.codes == ()


def test_failure_of_the_service_with_an_unknown_code_is_retryable():
    error = diagnostic_error(refused("SystemBusy", "The system is busy.", status=502))
    assert (error.codes, error.is_retryable) == (("ERR_RETRYABLE_INFRA_DEPENDENCIES",), True)


def test_crash_of_the_provider_is_no_failure_of_the_cloud():
    error = diagnostic_error(
        {"summary": "Plugin did not respond", "detail": 'rpc error: desc = "error reading from server: EOF"'}
    )
    assert isinstance(error, TerraformError)
    assert error.codes == ()


@pytest.mark.parametrize(("other", "is_retryable"), [("Throttling.User", True), ("Forbidden.RAM", False)])
def test_run_is_retryable_if_each_of_its_errors_is(other, is_retryable):
    error = run_error([refused("ServiceUnavailable", "down", status=503), refused(other, "no")], "apply", 1, "")
    assert error.is_retryable is is_retryable


OPEN = [
    'Post "https://vpc.aliyuncs.com/?Action=CreateVpc": read tcp: connection reset by peer',
    "SDKError:\n   StatusCode: 503\n   Code: Busy\n   Message: code: 503, come again",
    "[ERROR] SDK.ServerError\nErrorCode: ServiceUnavailable\nRecommend:\nRequestId: 1\nMessage: failed",
    "Plugin did not respond: The plugin encountered an error, and failed to respond to the ApplyResourceChange call.",
    "Request cancelled: The plugin.(*GRPCProvider).ApplyResourceChange request was cancelled.",
]
ANSWERED = [
    "SDKError:\n   StatusCode: 400\n   Code: QuotaExceeded.Vpc\n   Message: quota is exceeded",
    "SDKError:\n   Code: Throttling.User\n   Message: Request was denied due to user flow control.",
    "Invalid index",
]


@pytest.mark.parametrize("text", OPEN)
def test_call_that_got_no_answer_or_met_a_service_that_failed_may_have_taken_effect(text):
    assert leaves_open({"severity": "error", "summary": text})


@pytest.mark.parametrize("text", ANSWERED)
def test_call_that_was_refused_had_no_effect(text):
    assert not leaves_open({"severity": "error", "summary": text})

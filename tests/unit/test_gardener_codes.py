import pytest

from provisioner.gardener_codes import RETRYABLE_CODES, gardener_codes, passes_by_itself


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("InvalidAccessKeyId.Inactive", ("ERR_INFRA_UNAUTHENTICATED",)),
        ("SignatureDoesNotMatch", ("ERR_INFRA_UNAUTHORIZED",)),
        ("Forbidden.RAM: no permission", ("ERR_INFRA_UNAUTHORIZED",)),
        ("QuotaExceeded.Vpc: the VPC quota is exceeded", ("ERR_INFRA_QUOTA_EXCEEDED",)),
        ("QuotaExceed.SecurityGroup", ("ERR_INFRA_QUOTA_EXCEEDED",)),
        ("AuthorizationLimitExceed", ("ERR_INFRA_QUOTA_EXCEEDED",)),
        ("Forbidden.SnatEntryCountLimited", ("ERR_INFRA_QUOTA_EXCEEDED",)),
        ("LimitExceeded", ("ERR_INFRA_QUOTA_EXCEEDED",)),
        ("RequestLimitExceeded", ("ERR_INFRA_RATE_LIMITS_EXCEEDED",)),
        ("throttling.user", ("ERR_INFRA_RATE_LIMITS_EXCEEDED",)),
        ("DependencyViolation.VSwitch", ("ERR_INFRA_DEPENDENCIES",)),
        ("Zone.NotOnSale", ("ERR_INFRA_RESOURCES_DEPLETED",)),
        ("OperationDenied.NoStock", ("ERR_INFRA_RESOURCES_DEPLETED",)),
        ("InvalidResourceType.NotSupported", ("ERR_CONFIGURATION_PROBLEM",)),
        ("InvalidImageId.NotFound", ("ERR_CONFIGURATION_PROBLEM",)),
        ("RetryableError: later", ("ERR_RETRYABLE_INFRA_DEPENDENCIES",)),
        ("SDK.CanNotResolveEndpoint", ("ERR_RETRYABLE_CONFIGURATION_PROBLEM",)),
        ("nothing known", ()),
    ],
)
def test_cloud_errors_have_the_extensions_codes(text, codes):
    assert gardener_codes(text) == codes


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("InvalidSecurityToken.Expired: Specified SecurityToken is expired.", ("ERR_INFRA_UNAUTHENTICATED",)),
        ("InvalidAccountStatus.NotEnoughBalance", ("ERR_INFRA_QUOTA_EXCEEDED",)),
        ("ServiceUnavailable", ("ERR_RETRYABLE_INFRA_DEPENDENCIES",)),
        ("InternalError", ("ERR_RETRYABLE_INFRA_DEPENDENCIES",)),
        ('Post "https://vpc.aliyuncs.com/?Action=CreateVpc": EOF', ("ERR_RETRYABLE_INFRA_DEPENDENCIES",)),
        ("timeout while waiting for resource to be gone", ("ERR_INFRA_DEPENDENCIES",)),
        ("vtb-1 RouteEntry Timeout In 120 Seconds. Got: Pending Expected: Available", ("ERR_INFRA_DEPENDENCIES",)),
    ],
)
def test_plain_meanings_beyond_the_extensions_list_have_codes(text, codes):
    assert gardener_codes(text) == codes


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("InvalidAccessKeyId.NotFound: Specified access key is not found.", ("ERR_INFRA_UNAUTHENTICATED",)),
        ("Forbidden.RAM: not authorized to look at InvalidVpcId.NotFound", ("ERR_INFRA_UNAUTHORIZED",)),
        ("ResourceNotfound!!! map[]: The specified VPC is not found.", ("ERR_RETRYABLE_INFRA_DEPENDENCIES",)),
        ("InvalidVpcId.NotFound", ("ERR_RETRYABLE_INFRA_DEPENDENCIES",)),
        ("InvalidVpcID.NotFound", ("ERR_RETRYABLE_INFRA_DEPENDENCIES",)),
        ("InvalidVSwitchId.NotFound", ("ERR_RETRYABLE_INFRA_DEPENDENCIES",)),
        ("InvalidNatGatewayId.NotFound", ("ERR_RETRYABLE_INFRA_DEPENDENCIES",)),
        ("InvalidAllocationId.NotFound", ("ERR_RETRYABLE_INFRA_DEPENDENCIES",)),
        ("InvalidSecurityGroupId.NotFound", ("ERR_RETRYABLE_INFRA_DEPENDENCIES",)),
        ("InvalidScalingGroupId.NotFound", ("ERR_RETRYABLE_INFRA_DEPENDENCIES",)),
        ("InvalidKeyPair.NotFound", ("ERR_RETRYABLE_INFRA_DEPENDENCIES",)),
    ],
)
def test_configuration_is_not_blamed_for_what_another_code_explains(text, codes):
    assert gardener_codes(text) == codes


@pytest.mark.parametrize("text", ["InvalidImageId.NotFound", "InvalidZoneId.NotFound", "InvalidInstanceType.NotFound"])
def test_a_missing_object_that_the_shoot_names_is_a_problem_of_the_shoot(text):
    assert gardener_codes(text) == ("ERR_CONFIGURATION_PROBLEM",)


BUSY = [
    "TaskConflict",
    "VPC_TASK_CONFLICT",
    "OperationConflict",
    "LastTokenProcessing",
    "OperationFailed.TokenIsProcessing",
    "OperationFailed.IdempotentTokenProcessing",
    "OperationDenied.OtherSubnetProcessing",
    "ScalingActivityInProgress",
    "IncorrectStatus.NatGateway",
    "IncorrectStatus.VpcRouteEntry",
    "IncorrectVpcStatus",
    "IncorretSnatEntryStatus",
    "SystemBusy",
    "OperationBusy",
    "ServiceIsConfiguring",
    "ServiceIsStopping",
    "BackendServer.configuring",
    "VServerGroupProcessing",
]


@pytest.mark.parametrize("text", BUSY)
def test_gardenlet_tries_again_after_what_is_only_busy(text):
    """The extension has ERR_INFRA_DEPENDENCIES for conflicts, after which the Shoot stays failed."""
    assert gardener_codes(text) == ("ERR_RETRYABLE_INFRA_DEPENDENCIES",)


@pytest.mark.parametrize(
    "text",
    [
        "OperationConflict: The request is conflicting with another operation in progress; please try again later.",
        "OperationConflict: Request was denied due to conflict with a previous request, please try again later.",
        "IncorrectStatus.VSwitch: The status of the vSwitch conflicts with this operation.",
    ],
)
def test_message_that_speaks_of_a_conflict_as_well_does_not_stop_gardenlet(text):
    assert gardener_codes(text) == ("ERR_RETRYABLE_INFRA_DEPENDENCIES",)


def test_what_is_busy_does_not_hide_another_dependency():
    both = "DependencyViolation.VSwitch; TaskConflict"
    assert gardener_codes(both) == ("ERR_INFRA_DEPENDENCIES", "ERR_RETRYABLE_INFRA_DEPENDENCIES")


@pytest.mark.parametrize("text", ["RouterEntryConflict.Duplicated", "InvalidCidrBlock.Conflict", "Conflict"])
def test_conflict_with_what_stays_is_none_that_passes(text):
    assert gardener_codes(text) == ("ERR_INFRA_DEPENDENCIES",)
    assert not passes_by_itself(text)


@pytest.mark.parametrize(
    "text",
    [
        *BUSY,
        "Throttling.User",
        "RequestLimitExceeded",
        "ServiceUnavailable",
        "InternalError",
        'Get "https://ecs.aliyuncs.com/": context deadline exceeded (Client.Timeout exceeded while awaiting headers)',
        "timeout while waiting for state to become 'Available'",
        "Zone.NotOnSale",
        "InvalidVSwitchId.NotFound",
    ],
)
def test_what_goes_away_without_anybody_acting_passes(text):
    assert passes_by_itself(text)


@pytest.mark.parametrize(
    "text",
    [
        "Forbidden.RAM",
        "QuotaExceeded.Vpc",
        "InsufficientBalance",
        "InvalidImageId.NotFound",
        "DependencyViolation.VSwitch",
        "InvalidCidrBlock.Overlapped",
        "IncorrectEipStatus",
        "InvalidParameter",
        # The first reason passes, the second does not.
        "Throttling.User; Forbidden.RAM",
    ],
)
def test_an_error_that_needs_a_person_does_not_pass_by_itself(text):
    assert not passes_by_itself(text)


@pytest.mark.parametrize(
    "text",
    [
        "Throttling.User",
        "timeout while waiting for state to become 'x'",
        "Timeout In 120 Seconds. Got: Pending Expected: Available",
    ],
)
def test_gardenlet_gives_up_on_some_of_what_passes(text):
    """So it is not gardenlet's list that says whether a run can be repeated."""
    assert passes_by_itself(text)
    assert not RETRYABLE_CODES & set(gardener_codes(text))

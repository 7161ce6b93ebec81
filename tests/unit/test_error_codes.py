import pytest

from provisioner.error_codes import gardener_codes


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("InvalidAccessKeyId.NotFound", ("ERR_CONFIGURATION_PROBLEM", "ERR_INFRA_UNAUTHENTICATED")),
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

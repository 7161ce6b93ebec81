"""
Gardener's error codes for what the Alibaba Cloud API says.

The patterns are those of the Alicloud extension (gardener-extension-provider-alicloud
pkg/apis/alicloud/helper/error_codes.go, read 2026-07), so that a shoot shows the same codes with either program.
They ignore case; several codes may match. Patterns beyond the extension's list are only for texts that match
nothing there although their meaning is plain; each says so.

Two readers ask different questions. Gardener's codes say what gardenlet does with the Shoot: after a code that is not
retryable it stops until a person acts. `passes_by_itself` says what the cloud does: whether the same run can succeed
later. They differ for throttling and for waits that took too long.
"""

from __future__ import annotations

import re

_BUSY = (
    # Another operation on the same thing is still running, or an earlier request with the same token.
    r"Task_?Conflict",
    r"OperationConflict",
    r"Token(?:Is)?Processing",
    r"OtherSubnetProcessing",
    r"ScalingActivityInProgress",
    # SLB, while it carries out an earlier change.
    r"SystemBusy",
    r"OperationBusy",
    r"ServiceIs(?:Configuring|Stopping)",
    r"BackendServer\.configuring",
    r"VServerGroupProcessing",
    # A status that does not allow the operation now, sic; but an EIP that is bound elsewhere is refused like this, too.
    r"Incorrec?t(?!Eip)\w*Status",
)
"""Codes of a temporary refusal by Vpc, Ecs, Ess and SLB (aliyun/alicloud 1.289.0 repeats after these)."""

_CONFLICT = r"Conflict"
"""Words that codes in `_BUSY` contain, too: gardenlet would stop for an error that goes away by itself."""

_JUST_MADE = (
    r"Invalid(?:Vpc|VSwitch|SecurityGroup|NatGateway|Allocation|SnatTable|RouteTable|ScalingGroup)Id\.NotFound"
    r"|InvalidKeyPair(?:Name)?\.NotFound"
)
"""
An object does not exist although the cloud itself gave its id: it was made a moment ago and not every server knows it
yet, or a user deleted it meanwhile, and the next run makes it again. A run checks objects of the user before that.
"""

_PATTERNS: dict[str, tuple[str, ...]] = {
    "ERR_INFRA_UNAUTHENTICATED": (
        r"Authentication failed",
        r"invalid character",
        r"invalid_client",
        r"cannot fetch token",
        r"InvalidSecretAccessKey",
        r"InvalidAccessKeyId",
        # Beyond the extension's list: the Alibaba Cloud spelling of the above, and temporary credentials that ended.
        r"InvalidAccessKeySecret",
        r"InvalidSecurityToken",
    ),
    "ERR_INFRA_UNAUTHORIZED": (
        r"Unauthorized",
        r"SignatureDoesNotMatch",
        r"invalid_grant",
        r"Authorization Profile was not found",
        r"no active subscriptions",
        r"not authorized",
        r"AccessDenied",
        # Beyond the extension's list: RAM refusals of most products.
        r"Forbidden\.RAM",
        r"NoPermission",
    ),
    "ERR_INFRA_QUOTA_EXCEEDED": (
        r"(?<!Request)LimitExceeded",
        r"Quotas",
        r"Quota.*exceeded",
        r"exceeded quota",
        r"Quota has been met",
        r"QUOTA_EXCEEDED",
        # Beyond the extension's list: `QuotaExceeded.Vpc` has no text between the two words but is covered above; Ecs
        # and NAT gateways spell it otherwise (security groups, key pairs; rules of a group; SNAT entries).
        r"QuotaExceed\.",
        r"AuthorizationLimitExceed",
        r"Forbidden\.\w+CountLimited",
        # These say that the account cannot pay for more.
        r"InsufficientBalance",
        r"NotEnoughBalance",
        r"Account\.Arrearage",
    ),
    "ERR_INFRA_RATE_LIMITS_EXCEEDED": (r"RequestLimitExceeded", r"Throttling", r"Too many requests"),
    "ERR_INFRA_DEPENDENCIES": (
        r"PendingVerification",
        r"Access Not Configured",
        r"accessNotConfigured",
        r"DependencyViolation",
        r"OptInRequired",
        _CONFLICT,
        r"inactive billing state",
        r"timeout while waiting for state to become",
        r"InvalidCidrBlock",
        r"already busy for",
        r"internal server error",
        r"A resource with the ID",
        # Beyond the extension's list: the same wait when something is being deleted, and for route entries.
        r"timeout while waiting for resource to be gone",
        r"Timeout In \d+ Seconds\. Got: ",
    ),
    "ERR_RETRYABLE_INFRA_DEPENDENCIES": (
        r"RetryableError",
        # Beyond the extension's list: the service failed or did not answer. The extension has no code for these, and
        # gardenlet tries again after an error without one; this says the same, and blames the infrastructure.
        r"ServiceUnavailable",
        r"InternalError",
        r"StatusCode: 5\d\d",
        # How Go reports a call without an answer; a bad certificate does not pass by itself.
        r'(?:Get|Post) "https?://[^"]*": (?!.*(?:x509|tls): )',
        # A new object cannot be read yet. `ResourceNotfound` alone would say that the Shoot is wrong.
        r"ResourceNotfound!!!",
        _JUST_MADE,
        # The extension has no code for most of these, and for conflicts one that gardenlet stops after.
        *_BUSY,
    ),
    "ERR_INFRA_RESOURCES_DEPLETED": (
        r"not available in the current hardware cluster",
        r"out of stock",
        r"Zone.NotOnSale",
        # Beyond the extension's list: RunInstances' and ESS's word for the same.
        r"OperationDenied\.NoStock",
    ),
    "ERR_CONFIGURATION_PROBLEM": (
        r"not supported in your requested Availability Zone",
        r"notFound",
        r"Invalid value",
        r"violates constraint",
        r"no attached internet gateway found",
        r"invalid VPC attributes",
        r"unrecognized feature gate",
        r"runtime-config invalid key",
        r"strict decoder error",
        r"not allowed to configure an unsupported",
        r"error during apply of object .* is invalid:",
        r"duplicate zones",
        r"overlapping zones",
        # Beyond the extension's list: an instance type that is not sold in the zone.
        r"InvalidResourceType\.NotSupported",
    ),
    "ERR_RETRYABLE_CONFIGURATION_PROBLEM": (
        r"is misconfigured and requires zero voluntary evictions",
        r"SDK\.CanNotResolveEndpoint",
        r"The requested configuration is currently not supported",
    ),
}

_COMPILED = {code: re.compile("|".join(patterns), re.IGNORECASE) for code, patterns in _PATTERNS.items()}

RETRYABLE_CODES = frozenset(
    {"ERR_RETRYABLE_INFRA_DEPENDENCIES", "ERR_INFRA_RESOURCES_DEPLETED", "ERR_RETRYABLE_CONFIGURATION_PROBLEM"}
)
"""Codes after which gardenlet tries again by itself (gardener pkg/api/core/v1beta1/helper/errors.go)."""

_REFUSES_THE_CALLER = frozenset({"ERR_INFRA_UNAUTHENTICATED", "ERR_INFRA_UNAUTHORIZED"})
_NEEDS_A_PERSON = _REFUSES_THE_CALLER | {"ERR_INFRA_QUOTA_EXCEEDED", "ERR_CONFIGURATION_PROBLEM"}
_PASSING_CODES = RETRYABLE_CODES | {"ERR_INFRA_RATE_LIMITS_EXCEEDED"}
_PASSING_TEXTS = re.compile(r"timeout while waiting for |Timeout In \d+ Seconds\. Got: ", re.IGNORECASE)
_IS_BUSY = re.compile("|".join(_BUSY), re.IGNORECASE)
_OTHER_DEPENDENCIES = re.compile(
    "|".join(it for it in _PATTERNS["ERR_INFRA_DEPENDENCIES"] if it is not _CONFLICT), re.IGNORECASE
)
_NOT_THERE_YET = re.compile(f"ResourceNotfound!!!|{_JUST_MADE}", re.IGNORECASE)


def gardener_codes(text: str) -> tuple[str, ...]:
    """
    Return the Gardener error codes that `text` stands for, sorted; none when no pattern matches.

    Unlike the extension, this leaves out a code that another one explains: an unknown caller learns nothing about
    the object (`InvalidAccessKeyId.NotFound` is no problem of the Shoot), an object that the cloud has just made and
    does not know yet is none either, and the message of a busy service may contain "conflict".
    """
    codes = {code for code, pattern in _COMPILED.items() if pattern.search(text)}
    if codes & _REFUSES_THE_CALLER:
        codes -= {"ERR_CONFIGURATION_PROBLEM", "ERR_RETRYABLE_INFRA_DEPENDENCIES"}
    elif _NOT_THERE_YET.search(text):
        codes.discard("ERR_CONFIGURATION_PROBLEM")
    if _IS_BUSY.search(text) and not _OTHER_DEPENDENCIES.search(text):
        codes.discard("ERR_INFRA_DEPENDENCIES")
    return tuple(sorted(codes))


def passes_by_itself(text: str) -> bool:
    """Return whether the error in `text` goes away by itself, so that the same run can succeed later."""
    codes = frozenset(gardener_codes(text))
    if codes & _NEEDS_A_PERSON:
        return False
    return bool(codes & _PASSING_CODES) or _PASSING_TEXTS.search(text) is not None

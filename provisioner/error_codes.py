"""
Gardener's error codes for what the Alibaba Cloud API says.

The patterns are those of the Alicloud extension (gardener-extension-provider-alicloud
pkg/apis/alicloud/helper/error_codes.go, read 2026-07), so that a shoot shows the same codes whoever provisioned it.
They are searched case-insensitively in the whole error text; several codes may match. Beyond the extension's list are
only codes that match nothing there although their meaning is plain; each says so.
"""

from __future__ import annotations

import re

_PATTERNS: dict[str, tuple[str, ...]] = {
    "ERR_INFRA_UNAUTHENTICATED": (
        r"Authentication failed",
        r"invalid character",
        r"invalid_client",
        r"cannot fetch token",
        r"InvalidSecretAccessKey",
        r"InvalidAccessKeyId",
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
        r"Account\.Arrearage",
    ),
    "ERR_INFRA_RATE_LIMITS_EXCEEDED": (r"RequestLimitExceeded", r"Throttling", r"Too many requests"),
    "ERR_INFRA_DEPENDENCIES": (
        r"PendingVerification",
        r"Access Not Configured",
        r"accessNotConfigured",
        r"DependencyViolation",
        r"OptInRequired",
        r"Conflict",
        r"inactive billing state",
        r"timeout while waiting for state to become",
        r"InvalidCidrBlock",
        r"already busy for",
        r"internal server error",
        r"A resource with the ID",
    ),
    "ERR_RETRYABLE_INFRA_DEPENDENCIES": (r"RetryableError",),
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


def gardener_codes(text: str) -> tuple[str, ...]:
    """Return the Gardener error codes that `text` stands for, sorted; none when no pattern matches."""
    return tuple(sorted(code for code, pattern in _COMPILED.items() if pattern.search(text)))

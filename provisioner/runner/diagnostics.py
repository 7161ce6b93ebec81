"""
Terraform's error diagnostics as errors of ours: one readable message each, with the resource address, the cloud's own
error code and request id, and Gardener's code.

The texts are those of the aliyun/alicloud provider, whose two SDKs print an error differently: `Code:`/`Message:` after
`SDKError:` (tea), `ErrorCode:`/`RequestId:` after `SDK.ServerError` (alibaba-cloud-sdk-go). Read 2026-11 from provider
1.289.0.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from provisioner.error_codes import RETRYABLE_CODES, gardener_codes
from provisioner.errors import CloudError, ProvisionError, TerraformError

_CODE = re.compile(r"^\s*(?:Error)?Code:\s*(\S+)\s*$", re.MULTILINE)
_REQUEST_ID = re.compile(r"request id:\s*([0-9A-Za-z-]+)|RequestId\"?\s*[:=]\s*\"?([0-9A-Za-z-]+)", re.IGNORECASE)
_TEA_MESSAGE = re.compile(
    r"^\s*Message:\s*(?:code:\s*\d+,\s*)?(.*?)\s*(?:request id:\s*[0-9A-Za-z-]+)?\s*$", re.MULTILINE | re.IGNORECASE
)
_UNANSWERED = re.compile(r"^\s*(?:Get|Post) \"(https?://[^\"?]+)[^\"]*\": (.+?)\s*$", re.MULTILINE)
"""How Go's net/http tells that a call got no answer; the query is left out because it holds the signature."""
_OPERATION = re.compile(r"Resource\s+(\S+)\s+(\S+)\s+Failed")
_RESOURCE = re.compile(r"Resource\s+(\S+)\s")
_MAX_DETAIL = 2000


def diagnostic_error(diagnostic: Mapping[str, Any]) -> ProvisionError:
    """Return the error that one diagnostic of severity `error` stands for."""
    summary = str(diagnostic.get("summary", "")).strip()
    detail = str(diagnostic.get("detail", "")).strip()
    address = str(diagnostic.get("address", ""))
    text = f"{summary}\n{detail}".strip()
    codes = gardener_codes(text)
    is_retryable = any(code in RETRYABLE_CODES for code in codes)
    code = _first(_CODE, text)
    if code:
        operation = _OPERATION.search(text)
        message = _first(_TEA_MESSAGE, text) or summary
        request_id = _first(_REQUEST_ID, text)
        what = f"{operation[2]}: " if operation else ""
        suffix = f" (request id {request_id})" if request_id else ""
        return CloudError(
            _shorten(f"{what}{code}: {message}{suffix}"),
            object=address,
            cloud_code=code,
            request_id=request_id,
            codes=codes,
            is_retryable=is_retryable,
        )
    unanswered = _UNANSWERED.search(text)
    if unanswered:
        operation = _OPERATION.search(text)
        what = f"{operation[2]}: " if operation else ""
        return CloudError(
            _shorten(f"{what}no answer from {unanswered[1]}: {unanswered[2]}; it may have taken effect"),
            object=address,
            codes=codes,
            is_retryable=is_retryable,
        )
    if "timeout while waiting for state" in text or "terraform-provider-alicloud" in text:
        return CloudError(_shorten(" ".join(text.split())), object=address, codes=codes, is_retryable=is_retryable)
    place = _place(diagnostic) if not address else ""
    return TerraformError(
        _shorten(" ".join(f"{summary}: {detail}".strip(": ").split())), object=address or place, codes=codes
    )


def with_address(diagnostic: Mapping[str, Any], addresses: Mapping[str, str]) -> Mapping[str, Any]:
    """Return the diagnostic with the address of the resource whose id its text names, if it has no address itself."""
    if diagnostic.get("address"):
        return diagnostic
    match = _RESOURCE.search(str(diagnostic.get("summary", "")))
    address = addresses.get(match[1]) if match else None
    return {**diagnostic, "address": address} if address else diagnostic


def run_error(diagnostics: Sequence[Mapping[str, Any]], command: str, exit_code: int, tail: str) -> ProvisionError:
    """
    Return the one error of a failed terraform command.

    Several diagnostics become one error that lists them all; its class and codes are those of the cloud's errors when
    there are any. Identical diagnostics are told once.
    """
    errors: dict[str, ProvisionError] = {}
    for diagnostic in diagnostics:
        error = diagnostic_error(diagnostic)
        errors.setdefault(str(error), error)
    unique = list(errors.values())
    if not unique:
        last = f": {_shorten(tail.strip())}" if tail.strip() else ""
        return TerraformError(f"terraform {command} ended with exit code {exit_code}{last}")
    cloud = [error for error in unique if isinstance(error, CloudError)]
    lead: ProvisionError = cloud[0] if cloud else unique[0]
    if len(unique) == 1:
        return lead
    codes = sorted({code for error in unique for code in error.codes})
    text = "\n".join(str(error) for error in unique)
    is_retryable = all(error.is_retryable for error in unique)
    if isinstance(lead, CloudError):
        return CloudError(
            text, cloud_code=lead.cloud_code, request_id=lead.request_id, codes=codes, is_retryable=is_retryable
        )
    return TerraformError(text, codes=codes, is_retryable=is_retryable)


def _first(pattern: re.Pattern[str], text: str) -> str:
    match = pattern.search(text)
    return next((group for group in match.groups() if group), "") if match else ""


def _place(diagnostic: Mapping[str, Any]) -> str:
    place = diagnostic.get("range")
    if not isinstance(place, Mapping):
        return ""
    return f"{place.get('filename', '')}:{place.get('start', {}).get('line', '')}"


def _shorten(text: str) -> str:
    return text if len(text) <= _MAX_DETAIL else f"{text[:_MAX_DETAIL]}…"

"""
Turns Terraform's error diagnostics into our errors: one readable message each, with the resource address, the cloud's
own error code and request id, and Gardener's code.

The texts are those of the aliyun/alicloud provider, whose two SDKs print an error differently: `Code:`/`Message:` after
`SDKError:` (tea), `ErrorCode:`/`RequestId:` after `SDK.ServerError` (alibaba-cloud-sdk-go). Read 2026-11 from provider
1.289.0; tests/contract/data/provider_errors.json holds what it really printed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from provisioner.errors import CloudError, ProvisionError, TerraformError
from provisioner.gardener_codes import gardener_codes, passes_by_itself

_PLACE = re.compile(r"(?:\x1b\[\d+m)?\[ERROR\](?:\x1b\[\d+m)? \S*alicloud/\w+\.go:-?\d+:\s*")
"""Where in the provider's source an error arose; this marks its errors. The first folder is where it was built."""
_CODE = re.compile(r"^\s*(?:Error)?Code:\s*(\S+)\s*$", re.MULTILINE)
_STATUS = re.compile(r"^\s*(StatusCode: \d+)\s*$", re.MULTILINE)
_REQUEST_ID = re.compile(r"request id:\s*([0-9A-Za-z-]+)|RequestId\"?\s*[:=]\s*\"?([0-9A-Za-z-]+)", re.IGNORECASE)
_MESSAGE = re.compile(
    r"^\s*Message:\s*(?:code:\s*\d+,\s*)?(.*?)\s*(?:request id:\s*[0-9A-Za-z-]+)?\s*$", re.MULTILINE | re.IGNORECASE
)
_SIGNED_TEXT = re.compile(r"[\s,.;]*server string to sign is:.*", re.IGNORECASE)
"""How a message about a wrong signature ends: with the whole request, user data included."""
_UNANSWERED = re.compile(r"^\s*(?:Get|Post) \"(https?://[^\"?]+)[^\"]*\": (.+?)\s*$", re.MULTILINE)
"""How Go's net/http reports a call without an answer; the query is left out because it holds the signature."""
_LOST_PROVIDER = re.compile(r"Plugin did not respond|Request cancelled|transport is closing|error reading from server")
"""Terraform's text about a provider that was killed in the middle of a call."""
_FAILURES = frozenset({"ServiceUnavailable", "InternalError", "UnknownError"})
"""Codes of a service that failed, which older SDKs give without a status."""
_NOT_SENT = re.compile(r"\bdial tcp\b|\b(?:tls|x509): |TLS handshake")
_URL_QUERY = re.compile(r"(https?://[^\s\"?]+)\?[^\s\"]*")
_OPERATION = re.compile(r"Resource\s+(\S+)\s+(\S+)\s+Failed!*(?:\s*\[[^\]]*\]:)?\s*")
_RESOURCE = re.compile(r"Resource\s+(?:id：)?(\S+)\s")  # noqa: RUF001 - the provider's own colon
_WAITED_FOR = re.compile(r"Resource\s+id：(\S+)\s+:\s*")  # noqa: RUF001 - the provider's own colon
_NOT_SEEN = re.compile(r"ResourceNotfound!!!.*:\s*$", re.MULTILINE)
_MAX_DETAIL = 2000


def diagnostic_error(diagnostic: Mapping[str, Any]) -> ProvisionError:
    """
    Return the error that one diagnostic of severity `error` stands for.

    Where the cloud answered, Gardener's codes follow from its answer, not from the names, ids and requests beside it.
    """
    summary = str(diagnostic.get("summary", "")).strip()
    detail = str(diagnostic.get("detail", "")).strip()
    address = str(diagnostic.get("address", ""))
    text = f"{summary}\n{detail}".strip()
    found = _OPERATION.search(text)
    operation = found[2] if found else ""
    request_id = _first(_REQUEST_ID, text)
    cloud_code = _first(_CODE, text)
    unanswered = _UNANSWERED.search(text)
    if cloud_code:
        message = _SIGNED_TEXT.sub("", _first(_MESSAGE, text)) or "no message"
        sentence = f"{cloud_code}: {message}"
        said = f"{_first(_STATUS, text)}\n{sentence}"
    elif unanswered:
        sentence = _unanswered_sentence(unanswered[1], unanswered[2], operation)
        said = unanswered[0]
    elif _PLACE.search(text):
        said = text
        sentence = _provider_sentence(text)
    else:
        place = _place(diagnostic) if not address else ""
        sentence = " ".join(f"{summary}: {detail}".strip(": ").split())
        return TerraformError(_shorten(sentence), object=address or place, codes=gardener_codes(text))
    suffix = f" (request id {request_id})" if request_id else ""
    return CloudError(
        _shorten(f"{operation}: {sentence}{suffix}" if operation else f"{sentence}{suffix}"),
        object=address,
        cloud_code=cloud_code,
        request_id=request_id,
        codes=gardener_codes(said),
        is_retryable=passes_by_itself(said),
    )


def leaves_open(diagnostic: Mapping[str, Any]) -> bool:
    """Return whether the call behind an error may have taken effect: no answer came, or the service failed."""
    text = f"{diagnostic.get('summary', '')}\n{diagnostic.get('detail', '')}"
    status = _STATUS.search(text)
    return (
        _UNANSWERED.search(text) is not None
        or _LOST_PROVIDER.search(text) is not None
        or _first(_CODE, text) in _FAILURES
        or (status is not None and status[1].startswith("StatusCode: 5"))
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

    Several diagnostics become one error that has them all as its problems; its class and codes are those of the cloud's
    errors when there are any. Identical diagnostics appear once. Without any, the last line that terraform printed is
    the reason, and notes quote the lines before it.
    """
    errors: dict[str, ProvisionError] = {}
    for diagnostic in diagnostics:
        error = diagnostic_error(diagnostic)
        errors.setdefault(str(error), error)
    unique = list(errors.values())
    if not unique:
        return _unexplained(command, exit_code, [line.strip() for line in tail.split("\n") if line.strip()])
    cloud = [error for error in unique if isinstance(error, CloudError)]
    lead: ProvisionError = cloud[0] if cloud else unique[0]
    if len(unique) == 1:
        return lead
    codes = sorted({code for error in unique for code in error.codes})
    problems = [error.problem for error in unique]
    first = lead.problem
    is_retryable = all(error.is_retryable for error in unique)
    if isinstance(lead, CloudError):
        return CloudError(
            first.detail,
            object=first.object,
            cloud_code=lead.cloud_code,
            request_id=lead.request_id,
            codes=codes,
            is_retryable=is_retryable,
            problems=problems,
        )
    return TerraformError(first.detail, object=first.object, codes=codes, is_retryable=is_retryable, problems=problems)


def _unexplained(command: str, exit_code: int, lines: Sequence[str]) -> TerraformError:
    reason = f": {_shorten(lines[-1])}" if lines else ""
    error = TerraformError(f"terraform {command} ended with exit code {exit_code}{reason}")
    for line in lines[:-1]:
        error.add_note(f"terraform printed: {_shorten(line)}")
    return error


def _unanswered_sentence(url: str, reason: str, operation: str) -> str:
    if _NOT_SENT.search(reason):
        return f"cannot reach {url}: {reason}"
    doubt = "" if operation.startswith(("Describe", "List")) else "; it may have taken effect"
    return f"no answer from {url}: {reason}{doubt}"


def _provider_sentence(text: str) -> str:
    """Return what the provider itself found wrong, without its source files, its dumps and signed addresses."""
    for pattern, instead in ((_PLACE, ""), (_NOT_SEEN, ""), (_OPERATION, ""), (_WAITED_FOR, r"\1: ")):
        text = pattern.sub(instead, text)
    return " ".join(_URL_QUERY.sub(r"\1", text).split())


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

"""
Calls to Alibaba Cloud's OpenAPI, each repeated while that is safe and may help.

A call that only reads is repeated while the cloud is busy, fails or does not answer. One that changes something is
repeated when the cloud refused it temporarily, so that it had no effect; when it may have had an effect, only if a
second call changes nothing more.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from itertools import count
from typing import Any, Final

from provisioner.cloud.access import CloudAccess
from provisioner.cloud.endpoints import Product, public_endpoint
from provisioner.cloud.transport import PATIENT, Answer, NoAnswerError, Timeout, Transport
from provisioner.errors import CloudError
from provisioner.gardener_codes import gardener_codes, passes_by_itself
from provisioner.ids import AccountId, RegionId

_VERSIONS: Final[Mapping[Product, str]] = {
    "ecs": "2014-05-26",
    "ess": "2014-08-28",
    "quotas": "2020-05-10",
    "resourcemanager": "2020-03-31",
    "slb": "2014-05-15",
    "sts": "2015-04-01",
    "vpc": "2016-04-28",
}

_ATTEMPTS = 12
_FIRST_WAIT_SECONDS = 0.2
_LONGEST_WAIT_SECONDS = 8.0
_IMPATIENT: Final[Timeout] = (2, 10)
_REFUSED = 400
_SERVER_ERROR = 500
# ESS takes at most 50 in a page, Vpc, Ecs and SLB take 50 too (API documents, read 2026-11).
PAGE_SIZE = 50
_READINGS = 6
"""Readings of a list of several pages, until two agree."""
_ROW_IDS: Final[Mapping[str, str]] = {
    "EipAddress": "AllocationId",
    "KeyPair": "KeyPairName",
    "RouterTableListType": "RouteTableId",
    "SnatTableEntry": "SnatEntryId",
}
"""The key that identifies a row of a list, by element; for all others it is the element's name and `Id`."""


class _UnansweredError(CloudError):
    """The call may have taken effect: the cloud failed, or did not answer."""


class CloudClient:
    """Calls one region of the cloud that `access` leads to."""

    def __init__(
        self,
        access: CloudAccess,
        region: RegionId,
        environ: Mapping[str, str],
        *,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Call `region`; proxies are those that `environ` asks for."""
        self.region = region
        self._sleep = sleep
        self._access = access
        self._transport = Transport(access.credentials, access.openapi_scheme, environ)

    def call(self, product: Product, action: str, parameters: Mapping[str, str]) -> dict[str, Any]:
        """
        Return the answer of one reading action.

        It is asked up to twelve times, within about half a minute, while the cloud throttles, fails or does not answer.

        Raises:
            CloudError: the cloud refused, or could not be reached.
        """
        return self._call(product, action, parameters, _passes)

    def ask(self, product: Product, action: str, parameters: Mapping[str, str]) -> dict[str, Any]:
        """
        Return the answer of one reading action without which the run can go on: ask once, and wait for it seconds.

        Raises:
            CloudError: the cloud refused, failed or did not answer at once.
        """
        return self._call_once(product, action, parameters, _IMPATIENT)

    def change(
        self, product: Product, action: str, parameters: Mapping[str, str], *, is_idempotent: bool
    ) -> dict[str, Any]:
        """
        Return the answer of one action that changes something.

        It is asked up to twelve times, within about half a minute, while the cloud throttles or temporarily refuses
        it; while the cloud fails or does not answer only if it `is_idempotent`. A deletion is: a deleted object stays
        gone, but the cloud may refuse the second call for that reason.

        Raises:
            CloudError: the cloud refused, or could not be reached; if it `is_retryable` and not `is_idempotent`, the
                action may have taken effect.
        """
        return self._call(product, action, parameters, _passes if is_idempotent else _was_refused_for_the_moment)

    def _call(
        self, product: Product, action: str, parameters: Mapping[str, str], may_repeat: Callable[[BaseException], bool]
    ) -> dict[str, Any]:
        from tenacity import (
            Retrying,
            retry_if_exception,
            stop_after_attempt,
            wait_random_exponential,
        )

        retrying = Retrying(
            retry=retry_if_exception(may_repeat),
            stop=stop_after_attempt(_ATTEMPTS),
            wait=wait_random_exponential(multiplier=_FIRST_WAIT_SECONDS, max=_LONGEST_WAIT_SECONDS),
            sleep=self._sleep,
            reraise=True,
        )
        answer: dict[str, Any] = retrying(self._call_once, product, action, parameters)
        return answer

    def require_credentials(self) -> AccountId:
        """
        Return the account that the credentials belong to.

        Raises:
            CloudError: the cloud does not accept them, or could not be asked.
        """
        return AccountId(self.call("sts", "GetCallerIdentity", {})["AccountId"])

    def pages(
        self, product: Product, action: str, parameters: Mapping[str, str], container: str, element: str
    ) -> list[dict[str, Any]]:
        """
        Return the rows of every page of an answer, which are in its `container` under the name of one `element`.

        One page is one answer. With several pages, a row gets lost when a row of an earlier page is deleted between the
        calls; so all pages are read again until two readings have the same rows.

        Raises:
            CloudError: as `call`; or the rows keep changing.
        """
        key = _ROW_IDS.get(element, f"{element}Id")
        before: set[str] | None = None
        for number in range(_READINGS):
            rows, pages = self._read_pages(product, action, parameters, container, element)
            found = {str(row[key]) for row in rows}
            if pages == 1 or found == before:
                return rows
            before = found
            if number:
                self._sleep(_FIRST_WAIT_SECONDS * 2 ** (number - 1))
        raise CloudError(
            f"{action}: the list keeps changing while it is read",
            codes=("ERR_RETRYABLE_INFRA_DEPENDENCIES",),
            is_retryable=True,
        )

    def _read_pages(
        self, product: Product, action: str, parameters: Mapping[str, str], container: str, element: str
    ) -> tuple[list[dict[str, Any]], int]:
        """Return the rows of every page as one reading finds them, and how many pages there were."""
        rows: list[dict[str, Any]] = []
        for number in count(1):
            paging = {"PageNumber": str(number), "PageSize": str(PAGE_SIZE)}
            page = self.call(product, action, {**parameters, **paging})[container][element]
            rows += page
            if len(page) < PAGE_SIZE:
                break
        return rows, number

    def _call_once(
        self, product: Product, action: str, parameters: Mapping[str, str], timeout: Timeout = PATIENT
    ) -> dict[str, Any]:
        query = {"RegionId": self.region, **parameters}
        host = self._endpoint(product)
        try:
            answer = self._transport.post(host, _VERSIONS[product], action, query, timeout)
        except NoAnswerError as error:
            raise _no_answer(action, host, str(error)) from None
        if answer.status >= _REFUSED:
            raise _refusal(action, answer)
        if answer.document is None:
            raise _no_answer(action, host, "the response does not come from the cloud")
        return answer.document

    def _endpoint(self, product: Product) -> str:
        return self._access.openapi_endpoints.get(product) or public_endpoint(product, self.region)


def _passes(error: BaseException) -> bool:
    # What does not exist was listed a moment ago: it is gone rather than late.
    return isinstance(error, CloudError) and error.is_retryable and not error.cloud_code.endswith(".NotFound")


def _was_refused_for_the_moment(error: BaseException) -> bool:
    return _passes(error) and not isinstance(error, _UnansweredError)


def _no_answer(action: str, host: str, reason: str) -> CloudError:
    return _UnansweredError(
        f"{action}: no answer from the cloud at {host} ({reason})",
        codes=("ERR_RETRYABLE_INFRA_DEPENDENCIES",),
        is_retryable=True,
    )


def _refusal(action: str, answer: Answer) -> CloudError:
    """Return the cloud's refusal as our error."""
    document = answer.document or {
        "Code": f"HTTP {answer.status}",
        "Message": "the response does not come from the cloud",
    }
    code, message = str(document.get("Code") or ""), str(document.get("Message") or "")
    request_id = str(document.get("RequestId") or "")
    text = f"{code}: {message}"
    suffix = f" (request id {request_id})" if request_id else ""
    is_failure = answer.status >= _SERVER_ERROR
    kind = _UnansweredError if is_failure else CloudError
    return kind(
        f"{action}: {text}{suffix}",
        cloud_code=code,
        request_id=request_id,
        codes=gardener_codes(text),
        is_retryable=is_failure or passes_by_itself(text),
    )

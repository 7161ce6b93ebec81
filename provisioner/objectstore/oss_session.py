"""
The HTTP session under `oss2`: requests go only to OSS, and only answers of OSS itself come back.

A captive portal or a proxy may stand between: it answers any request with its own page and success, or redirects the
client. Taken for an answer, such a page would be an empty log, a bucket without versioning, a stored state.
"""

from __future__ import annotations

import calendar
import io
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate
from typing import Any
from urllib.parse import urlsplit
from xml.etree import ElementTree

import oss2
import requests

from provisioner.objectstore.clock import StoreClock
from provisioner.objectstore.oss_errors import NotOssError

_REQUEST_ID = "x-oss-request-id"
"""Every answer of OSS has this header (source: alibabacloud.com/help/en/oss, "Common HTTP headers", read 2026-11)."""
_ROOTS = {
    "bucketInfo": "BucketInfo",
    "delete": "DeleteResult",
    "list-type": "ListBucketResult",
    "versioning": "VersioningConfiguration",
    "worm": "WormConfiguration",
}
"""The root element of the answer to a request that has this parameter."""
_OK = range(200, 300)


def open_session(clock: StoreClock, boot_clock: Callable[[], float], *, is_loopback: bool) -> Any:
    """
    Return a session for `oss2`; `clock` learns the store's time from every answer.

    A request raises NotOssError when another server than OSS answers it.
    """

    class Session(oss2.Session):  # type: ignore[misc] # the base class has no annotations
        """Sends one request, and checks who answered."""

        def do_request(self, request: Any, timeout: Any) -> Any:
            sent_at = boot_clock()
            answer = super().do_request(request, timeout)
            received_at = boot_clock()
            try:
                _check_answer(request, answer)
            except NotOssError:
                answer.response.close()  # the rest of it is not read
                raise
            date = parse_date(answer.headers.get("Date", ""))
            if date is not None:
                clock.observe(date, sent_at, received_at)
            return answer

    session = Session()
    # Without its own auth, requests would put a matching ~/.netrc entry over our signature.
    session.session.auth = _leave_alone
    # OSS never redirects; a put of a state must not follow a portal that does.
    session.session.get_redirect_target = _stay
    if is_loopback:
        session.session.trust_env = False  # no proxy stands between a process and itself
    return session


def parse_date(value: str) -> datetime | None:
    """Return the time in an HTTP date header; None if it is none."""
    parsed = parsedate(value)
    return None if parsed is None else datetime.fromtimestamp(calendar.timegm(parsed), UTC)


def _check_answer(request: Any, answer: Any) -> None:
    """
    Check that OSS answered, with the kind of answer that belongs to the request.

    Raises:
        NotOssError: it did not.
    """
    host = urlsplit(answer.response.url).netloc
    if not answer.headers.get(_REQUEST_ID):
        raise NotOssError(host, f"it answered with status {answer.status} and without {_REQUEST_ID}")
    wanted = next((root for parameter, root in _ROOTS.items() if parameter in request.params), None)
    if wanted is not None and answer.status in _OK:
        # `requests` keeps the content, so that `oss2` reads it again.
        found = _root_name(answer.response.content)
        if found != wanted:
            raise NotOssError(host, f"it answered with {found or 'no XML'} instead of {wanted}")


def _root_name(body: bytes) -> str:
    """Return the name of an XML document's root element without its namespace, which OSS gives some; else nothing."""
    try:
        for _, root in ElementTree.iterparse(io.BytesIO(body), events=("start",)):  # noqa: S314 - `oss2` parses it all next
            return str(root.tag).rpartition("}")[2]
    except (ElementTree.ParseError, LookupError, ValueError):
        pass
    return ""


def _leave_alone(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


def _stay(response: requests.Response) -> None:
    return None

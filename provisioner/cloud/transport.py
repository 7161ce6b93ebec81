"""
Sending signed requests to Alibaba Cloud's OpenAPI.

The official client (alibabacloud-tea-openapi 0.4.6 on darabonba-core 1.0.9) is not used: it takes HTTP_PROXY and
HTTPS_PROXY for every host, whatever NO_PROXY says, unless the environment of the whole process is changed meanwhile;
with DEBUG=sdk it prints every header; and importing it takes half a second.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Final, TypeAlias
from urllib.request import proxy_bypass_environment  # type: ignore[attr-defined]  # documented for getproxies only

from provisioner import __version__
from provisioner.cloud.access import Credentials
from provisioner.cloud.signature import NO_BODY, authorization, canonical_query

if TYPE_CHECKING:
    from requests import Session

_EXPIRED: Final = "InvalidTimeStamp"
Timeout: TypeAlias = tuple[float, float]
"""Seconds to connect, and between two bytes of an answer."""
PATIENT: Final[Timeout] = (10, 30)
_MOST_CONNECTIONS: Final = 32
"""Open connections to one host; checks ask for many things at once."""


class NoAnswerError(Exception):
    """No answer came; the text names the kind of failure and never the request, which is signed."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The response, whatever it says."""

    status: int
    document: dict[str, Any] | None
    """The JSON object in it; None when it is none, so that it does not come from the cloud."""


class Transport:
    """Sends for one access key; safe for several threads."""

    def __init__(
        self,
        credentials: Credentials,
        scheme: str,
        environ: Mapping[str, str],
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._credentials = credentials
        self._scheme = scheme
        self._environ = environ
        self._now = now
        self._behind = timedelta(0)
        """By how much this machine's clock is behind the cloud's, once the cloud has refused its time."""
        self._session: Session | None = None

    def post(
        self, host: str, version: str, action: str, query: Mapping[str, str], timeout: Timeout = PATIENT
    ) -> Answer:
        """
        Return what `host` (name and port) answers to an action.

        If it refuses the time of this machine's clock, the request goes out again with the time in its answer: a
        request is valid for fifteen minutes, and a clock may be wrong by hours.

        Raises:
            NoAnswerError: there was no answer in time, or none that is one of HTTP.
        """
        answer, date = self._post(host, version, action, query, timeout)
        if date is not None and str((answer.document or {}).get("Code", "")).startswith(_EXPIRED):
            self._behind = date - self._now()
            answer, _ = self._post(host, version, action, query, timeout)
        return answer

    def _post(
        self, host: str, version: str, action: str, query: Mapping[str, str], timeout: Timeout
    ) -> tuple[Answer, datetime | None]:
        """Return the answer, and the time of the clock there if it tells it."""
        from requests import RequestException

        headers = {
            "host": host,
            "x-acs-version": version,
            "x-acs-action": action,
            "x-acs-date": (self._now() + self._behind).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "x-acs-signature-nonce": secrets.token_hex(16),
            "x-acs-content-sha256": NO_BODY,
            "accept": "application/json",
            "user-agent": f"provisioner/{__version__}",
        }
        if self._credentials.security_token:
            headers["x-acs-security-token"] = self._credentials.security_token
        headers["Authorization"] = authorization(self._credentials, query, headers)
        try:
            response = self._open_session().post(
                f"{self._scheme}://{host}/?{canonical_query(query)}",
                headers=headers,
                timeout=timeout,
                proxies=self._proxies(host),
                verify=self._environ.get("REQUESTS_CA_BUNDLE") or True,
                allow_redirects=False,
            )
        except RequestException as error:
            # Not its text: that has the whole signed URL in it.
            raise NoAnswerError(type(error).__name__) from None
        try:
            document = response.json()
        except ValueError:
            document = None
        answer = Answer(response.status_code, document if isinstance(document, dict) else None)
        try:
            date = parsedate_to_datetime(response.headers.get("Date", "")).astimezone(UTC)
        except ValueError:
            return answer, None
        return answer, date

    def _open_session(self) -> Session:
        if self._session is None:
            from requests import Session
            from requests.adapters import HTTPAdapter

            session = Session()
            session.trust_env = False  # which would read the environment of the process
            session.mount(f"{self._scheme}://", HTTPAdapter(pool_maxsize=_MOST_CONNECTIONS))
            self._session = session  # last: other threads use it from now on
        return self._session

    def _proxies(self, host: str) -> dict[str, str]:
        """Return the proxy that the environment asks for; none for this machine itself and NO_PROXY's hosts."""
        environ = self._environ
        excepted = environ.get("NO_PROXY") or environ.get("no_proxy") or ""
        if host.startswith("127.") or proxy_bypass_environment(host, {"no": excepted}):
            return {}
        name = f"{self._scheme}_proxy"
        proxy = environ.get(name.upper()) or environ.get(name)
        return {self._scheme: proxy} if proxy else {}

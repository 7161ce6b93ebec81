"""Turns an HTTP request into a call of the cloud: who signed it, which action, which parameters, what is answered."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Any, TypeAlias

from provisioner.sandbox.cloud import ActionError, Caller, Cloud, ConnectionLost
from provisioner.sandbox.cloud.access_log import new_request_id
from provisioner.sandbox.cloud.call import SERVED_AT
from provisioner.sandbox.http.connection import Head, Unreadable
from provisioner.sandbox.wire import authorization, signature, versions
from provisioner.sandbox.wire.bodies import read_form, read_json
from provisioner.sandbox.wire.nonces import Nonces

HttpAnswer: TypeAlias = tuple[int, bytes, str]
"""Status, JSON document and request id."""

_METHODS = ("GET", "POST")


class OpenApi:
    """The services of one cloud, as they are asked over HTTP."""

    def __init__(self, cloud: Cloud) -> None:
        """Answer for `cloud`."""
        self._cloud = cloud
        # One request at a time: threads that take turns at every statement of SQLite, as the interpreter lets them,
        # are twice as slow. No caller waits for a latency in here.
        self._turn = threading.Lock()
        # A timestamp may be that far in the future and is then accepted until it is that far in the past.
        self._nonces = Nonces(2 * signature.LARGEST_SKEW)

    def answer(self, head: Head, body: bytes, now: datetime, before_waiting: Callable[[], None]) -> HttpAnswer:
        """
        Return the answer to a request, be it a refusal; `before_waiting` is called before it has to wait.

        Raises:
            ConnectionLost: it gets no answer.
        """
        host = head.headers.get("host", "")
        try:
            with self._turn:
                document = self._call(head, body, now, before_waiting)
                answer = json.dumps(document).encode()
        except ActionError as error:
            return _refusal(error.http_status, error.code, error.message, host, error.request_id)
        except ConnectionLost:
            raise
        except Exception as error:  # a bug must reach the client as an answer, not as a dead connection
            # Its type alone: the text could quote a parameter that must not be shown.
            message = f"The sandbox failed with {type(error).__name__}."
            return _refusal(500, "InternalError", message, host)
        return 200, answer, document["RequestId"]

    def refuse(self, unreadable: Unreadable) -> HttpAnswer:
        """Return the answer to a request that cannot be read."""
        code = "InvalidRequest" if unreadable.status == HTTPStatus.BAD_REQUEST else "RequestTooLarge"
        return _refusal(unreadable.status, code, unreadable.message, "")

    def _call(self, head: Head, body: bytes, now: datetime, before_waiting: Callable[[], None]) -> dict[str, Any]:
        if head.method not in _METHODS:
            raise ActionError("UnsupportedHTTPMethod", "This HTTP method is not supported.", 405)
        query = read_form(head.query)
        header = head.headers.get("authorization", "")
        if authorization.is_signed_in_header(header):
            caller, parameters = self._check_header(header, head, body, query, now)
        else:
            parameters = {**query, **read_form(body.decode("utf-8", "replace"))}
            caller = self._check_parameters(head.method, parameters, now)
        action = parameters.get("Action") or head.headers.get("x-acs-action", "")
        asked = parameters.get("Version") or head.headers.get("x-acs-version", "")
        for name, value in (("Action", action), ("Version", asked)):
            if not value:
                raise signature.missing(name)
        version, given = versions.to_actions(asked, parameters)
        given[SERVED_AT] = head.headers.get("host", "")

        def sleep(seconds: float) -> None:
            self._turn.release()
            try:
                before_waiting()
                time.sleep(seconds)
            finally:
                self._turn.acquire()

        return versions.from_actions(asked, self._cloud.call(caller, version, action, given, sleep=sleep))

    def _check_parameters(self, method: str, parameters: Mapping[str, str], now: datetime) -> Caller:
        """Return who sent a request that carries its signature among its parameters."""
        access_key_id = parameters.get("AccessKeyId", "")
        if not access_key_id:
            raise signature.missing("AccessKeyId")
        caller, secret = self._cloud.caller_and_secret(access_key_id, parameters.get("SecurityToken", ""))
        signature.check(method, parameters, secret, now)
        self._nonces.use(access_key_id, parameters["SignatureNonce"], now)
        return caller

    def _check_header(
        self, header: str, head: Head, body: bytes, query: dict[str, str], now: datetime
    ) -> tuple[Caller, dict[str, str]]:
        """Return who calls with which parameters, for a request that carries its signature in a header."""
        given = authorization.read_authorization(header)
        headers = head.headers
        signed = authorization.Request(head.method, head.path, query, headers, body)
        caller, secret = self._cloud.caller_and_secret(given.access_key_id, headers.get("x-acs-security-token", ""))
        authorization.check(given, signed, secret, now)
        self._nonces.use(given.access_key_id, headers["x-acs-signature-nonce"], now)
        if "json" in headers.get("content-type", "") and body:
            read = read_json(body)
        else:
            read = read_form(body.decode("utf-8", "replace"))
        # The signed headers say which action it is, whatever the parameters say.
        named = {"Action": headers["x-acs-action"], "Version": headers["x-acs-version"]}
        return caller, {**query, **read, **named}


def _refusal(status: int, code: str, message: str, host: str, request_id: str = "") -> HttpAnswer:
    request_id = request_id or new_request_id()
    document = {"Code": code, "Message": message, "RequestId": request_id, "HostId": host}
    return status, json.dumps(document).encode(), request_id

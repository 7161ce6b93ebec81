"""Client tokens: a request that is sent again repeats the first answer and changes nothing."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any

from provisioner.sandbox.cloud.call import SERVED_AT
from provisioner.sandbox.cloud.errors import ActionError
from provisioner.sandbox.cloud.transaction import Transaction

_NOT_PART_OF_THE_REQUEST = frozenset(
    {
        "AccessKeyId",
        "Action",
        "ClientToken",
        "Format",
        "SecureTransport",
        "SecurityToken",
        "Signature",
        "SignatureMethod",
        "SignatureNonce",
        "SignatureType",
        "SignatureVersion",
        "SourceIp",
        "Timestamp",
        "Version",
        SERVED_AT,
    }
)


def answer_once(
    tx: Transaction, account: str, action: str, given: Mapping[str, str], perform: Callable[[], dict[str, Any]]
) -> dict[str, Any]:
    """
    Return the answer of `perform`, or its answer to the first request with the token in `given`.

    Raises:
        ActionError: `IdempotentParameterMismatch`, the first one had other parameters.
    """
    token = given["ClientToken"]
    fingerprint = _fingerprint(given)
    remembered = tx.remembered(account, action, token)
    if remembered is not None:
        if remembered[0] != fingerprint:
            raise ActionError(
                "IdempotentParameterMismatch",
                "The specified parameter has changed while the ClientToken is the same as a previous request.",
            )
        return remembered[1]
    answer = perform()
    tx.remember(account, action, token, fingerprint, answer)
    return answer


def _fingerprint(given: Mapping[str, str]) -> str:
    relevant = sorted((key, value) for key, value in given.items() if key not in _NOT_PART_OF_THE_REQUEST)
    return hashlib.sha256(json.dumps(relevant).encode()).hexdigest()

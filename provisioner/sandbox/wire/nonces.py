"""Remembers which signature nonces were used, so that a recorded request is not accepted a second time."""

from __future__ import annotations

import threading
from collections import OrderedDict
from datetime import datetime, timedelta

from provisioner.sandbox.cloud import ActionError

_MOST = 2**16


class Nonces:
    """
    The nonces of one server, in memory.

    A nonce is kept for as long as its request's timestamp would be accepted, but at most 65536 are kept, the newest.
    """

    def __init__(self, lifetime: timedelta, most: int = _MOST) -> None:
        """Keep at most `most` nonces for `lifetime`."""
        self._lifetime = lifetime
        self._most = most
        # Oldest first; unlike a dict, this one does not search longer and longer for its first entry.
        self._used: OrderedDict[tuple[str, str], datetime] = OrderedDict()
        self._lock = threading.Lock()

    def use(self, access_key_id: str, nonce: str, now: datetime) -> None:
        """
        Note a nonce of an access key.

        Raises:
            ActionError: `SignatureNonceUsed` when it was used before.
        """
        with self._lock:
            while self._used:
                oldest = next(iter(self._used.values()))
                if len(self._used) < self._most and now - oldest <= self._lifetime:
                    break
                self._used.popitem(last=False)
            if (access_key_id, nonce) in self._used:
                raise ActionError("SignatureNonceUsed", "Specified signature nonce was used already.")
            self._used[access_key_id, nonce] = now

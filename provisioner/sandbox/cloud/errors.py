"""How a call fails: refused with the service's error code, message and HTTP status, or left without an answer."""

from __future__ import annotations


class OutdatedError(Exception):
    """The sandbox's data was written by an earlier version, whose resources this one cannot read."""


class ActionError(Exception):
    """
    A call the cloud refused.

    `http_status` is 404 for everything missing and 4xx for every refusal: clients retry a 5xx for minutes. `code` is
    never empty, because clients compare codes by prefix and an empty one matches every list.
    """

    def __init__(self, code: str, message: str, http_status: int = 400, request_id: str = "") -> None:
        """Keep the four parts of the service's error document."""
        super().__init__(code, message, http_status, request_id)
        self.code = code
        self.message = message
        self.http_status = http_status
        self.request_id = request_id

    def __str__(self) -> str:
        """Return `Code: message`."""
        return f"{self.code}: {self.message}"


class ConnectionLost(Exception):
    """A call that got no answer; the caller cannot know whether it took effect."""

    def __init__(self, message: str, *, is_reset: bool) -> None:
        """`is_reset` breaks the connection off, otherwise it ends in order."""
        super().__init__(message)
        self.is_reset = is_reset

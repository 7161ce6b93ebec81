"""Refusals of the service: an OSS error code, its HTTP status and the XML elements around it."""

from __future__ import annotations

from collections.abc import Mapping

_LONGEST_QUOTATION = 256


class OssRefusal(Exception):
    """A refused request: becomes an `<Error>` document with this code."""

    def __init__(self, status: int, code: str, message: str, details: Mapping[str, str] | None = None) -> None:
        super().__init__(f"{code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.details = dict(details or {})


def access_denied(message: str = "You have no right to access this object because of bucket acl.") -> OssRefusal:
    """Return the refusal for a caller who is known (or anonymous) but not allowed."""
    return OssRefusal(403, "AccessDenied", message)


def invalid_argument(name: str, value: str, message: str = "") -> OssRefusal:
    """Return the refusal of one request parameter, naming it as the service does."""
    return OssRefusal(
        400,
        "InvalidArgument",
        message or f"Argument {name} is invalid.",
        {"ArgumentName": name, "ArgumentValue": value[:_LONGEST_QUOTATION]},
    )


def malformed_xml(message: str = "The XML you provided was not well-formed.") -> OssRefusal:
    """Return the refusal of a request body that is not the expected XML document."""
    return OssRefusal(400, "MalformedXML", message)


def not_implemented(what: str) -> OssRefusal:
    """Return the loud refusal of an operation that the real service has and the sandbox lacks."""
    return OssRefusal(501, "NotImplemented", f"The sandbox does not simulate {what}.")

"""Requests and answers of the OSS protocol as values, and the XML and time formats they are written in."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import TypeAlias
from xml.etree import ElementTree
from xml.parsers import expat
from xml.sax.saxutils import escape

from provisioner.sandbox.oss.errors import malformed_xml

XmlContent: TypeAlias = "str | Sequence[tuple[str, XmlContent]]"
"""Text, or the child elements in order."""

_MAXIMUM_XML_BYTES = 2 * 1024 * 1024
_WHOLE_NUMBER = re.compile(r"[0-9]{1,18}")


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request, its bucket and key already told apart."""

    method: str
    bucket: str
    """Empty for a request to the service itself."""
    key: str
    """Empty for a request to a bucket."""
    query: Mapping[str, str]
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes

    @property
    def names(self) -> dict[str, str]:
        """The bucket and key that the request names, as a refusal repeats them."""
        names = {"BucketName": self.bucket} if self.bucket else {}
        return names | ({"Key": self.key} if self.key else {})


@dataclass(frozen=True, slots=True)
class Response:
    """One HTTP answer; the server adds Date, request id and length."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Identity:
    """Who signed a request; `region` is known only from a version 4 signature."""

    access_key_id: str
    account_id: str
    region: str | None = None


def xml_document(tag: str, content: XmlContent) -> bytes:
    """Return a whole XML document with one root element."""
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{_element(tag, content)}'.encode()


def _element(tag: str, content: XmlContent) -> str:
    inner = escape(content) if isinstance(content, str) else "".join(_element(name, value) for name, value in content)
    return f"<{tag}>{inner}</{tag}>"


def xml_response(tag: str, content: XmlContent, status: int = 200) -> Response:
    """Return an answer whose body is an XML document."""
    return Response(status, {"Content-Type": "application/xml"}, xml_document(tag, content))


def parse_xml(body: bytes, root_tag: str) -> ElementTree.Element:
    """
    Return the root element of a request body.

    Raises:
        OssRefusal: MalformedXML, also for a document type definition, which no OSS request has and which could expand
            without bound.
    """
    if len(body) > _MAXIMUM_XML_BYTES:
        raise malformed_xml("The XML you provided is too large.")
    try:
        _refuse_document_type(body)
        root = ElementTree.fromstring(body)  # noqa: S314 - entity definitions are refused above
    # The last two are for encodings that are unknown, or that the parser cannot read.
    except (expat.ExpatError, ElementTree.ParseError, LookupError, ValueError) as error:
        raise malformed_xml() from error
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]  # some SDKs send a namespace; the service ignores it
    if root.tag != root_tag:
        raise malformed_xml(f"The root element must be {root_tag}.")
    return root


def _refuse_document_type(body: bytes) -> None:
    """Refuse a document type definition, in whatever encoding; the parser tells of it before it reads its entities."""

    def refuse(*_: object) -> None:
        raise malformed_xml()

    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = refuse
    parser.Parse(body, True)


def whole_number(text: str, least: int, most: int) -> int | None:
    """Return the number that a text is, digits alone; None if it is none from `least` to `most`."""
    # Python reads digits of every script, and refuses to read thousands of them.
    number = int(text) if _WHOLE_NUMBER.fullmatch(text) else -1
    return number if least <= number <= most else None


def http_date(seconds: float) -> str:
    """Return a point in time as an HTTP header writes it."""
    return formatdate(seconds, usegmt=True)


def xml_date(seconds: float) -> str:
    """Return a point in time as OSS writes it in XML: whole seconds, with `.000Z`."""
    return time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(int(seconds)))


def xml_boolean(value: bool) -> str:
    """Return a truth value as OSS writes it in XML."""
    return "true" if value else "false"


def xml_owner(account_id: str) -> XmlContent:
    """Return the elements that name an owner."""
    return [("ID", account_id), ("DisplayName", account_id)]

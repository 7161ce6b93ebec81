"""How a bucket's objects are listed: pages, common prefixes, continuation tokens, encoded keys."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from urllib.parse import quote

from provisioner.sandbox.oss.call import Call
from provisioner.sandbox.oss.database import Bucket, ObjectRow
from provisioner.sandbox.oss.errors import invalid_argument
from provisioner.sandbox.oss.messages import (
    Request,
    Response,
    XmlContent,
    whole_number,
    xml_boolean,
    xml_date,
    xml_owner,
    xml_response,
)

_MAXIMUM_PAGE_SIZE = 1000


def list_objects(call: Call) -> Response:
    """Return a page of a bucket's objects, in either version of the operation."""
    query = call.request.query
    is_v2 = query.get("list-type") == "2"
    if query.get("list-type", "2") != "2":
        raise invalid_argument("list-type", query["list-type"])
    prefix, delimiter = query.get("prefix", ""), query.get("delimiter", "")
    marker = query.get("start-after", "") if is_v2 else query.get("marker", "")
    token = query.get("continuation-token", "")
    after = max(_from_token(token), marker) if is_v2 and token else marker
    limit = page_size(call.request)
    with call.database.read() as session:
        bucket = call.listable_bucket(session)
        page, next_marker = _page(session.objects(call.request.bucket, prefix, after), prefix, delimiter, after, limit)
    encode, encoding = key_encoding(call.request)
    content: list[tuple[str, XmlContent]] = [
        ("Name", call.request.bucket),
        ("Prefix", encode(prefix)),
        ("StartAfter" if is_v2 else "Marker", encode(marker)),
        ("MaxKeys", str(limit)),
        ("Delimiter", encode(delimiter)),
        *encoding,
        ("IsTruncated", xml_boolean(bool(next_marker))),
    ]
    if next_marker:
        content.append(
            ("NextContinuationToken", _to_token(next_marker)) if is_v2 else ("NextMarker", encode(next_marker))
        )
    if is_v2:
        content.append(("KeyCount", str(len(page))))
        if token:
            content.append(("ContinuationToken", token))
    with_owner = not is_v2 or query.get("fetch-owner") == "true"
    for entry in page:
        if isinstance(entry, str):
            content.append(("CommonPrefixes", [("Prefix", encode(entry))]))
        else:
            content.append(("Contents", _contents(entry, bucket, encode(entry.key), with_owner)))
    return xml_response("ListBucketResult", content)


def page_size(request: Request) -> int:
    """Return how many entries a page of the answer has."""
    text = request.query.get("max-keys", "") or "100"
    number = whole_number(text, 1, _MAXIMUM_PAGE_SIZE)
    if number is None:
        raise invalid_argument("max-keys", text)
    return number


def key_encoding(request: Request) -> tuple[Callable[[str], str], list[tuple[str, XmlContent]]]:
    """Return how the answer writes keys, and the elements that say so."""
    kind = request.query.get("encoding-type", "")
    if not kind:
        return str, []
    if kind != "url":
        raise invalid_argument("encoding-type", kind)
    return lambda text: quote(text, safe=""), [("EncodingType", "url")]


def _page(
    rows: Iterator[ObjectRow], prefix: str, delimiter: str, after: str, limit: int
) -> tuple[list[ObjectRow | str], str]:
    """Return the entries of a page (objects and common prefixes in order) and where the next one starts, if any."""
    page: list[ObjectRow | str] = []
    last = ""
    group = ""
    for row in rows:
        if group and row.key.startswith(group):
            continue
        cut = row.key.find(delimiter, len(prefix)) if delimiter else -1
        group = row.key[: cut + len(delimiter)] if cut >= 0 else ""
        if group and after.startswith(group):
            continue  # this common prefix was the last entry of the page before
        if len(page) == limit:
            return page, last
        page.append(group or row)
        last = group or row.key
    return page, ""


def _contents(row: ObjectRow, bucket: Bucket, key: str, with_owner: bool) -> list[tuple[str, XmlContent]]:
    content: list[tuple[str, XmlContent]] = [
        ("Key", key),
        ("LastModified", xml_date(row.created)),
        ("ETag", f'"{row.md5}"'),
        ("Type", "Normal"),
        ("Size", str(row.size)),
        ("StorageClass", "Standard"),
    ]
    if with_owner:
        content.append(("Owner", xml_owner(bucket.owner)))
    return content


def _to_token(key: str) -> str:
    return base64.urlsafe_b64encode(key.encode()).decode()


def _from_token(token: str) -> str:
    try:
        return base64.urlsafe_b64decode(token).decode()
    except ValueError as error:
        raise invalid_argument("continuation-token", token, "The continuation token provided is incorrect.") from error

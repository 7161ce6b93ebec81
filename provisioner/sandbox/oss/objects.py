"""Storing, reading and deleting objects, with the refusals."""

from __future__ import annotations

import base64
import hashlib
import re
from urllib.parse import parse_qsl

from provisioner.sandbox.oss.call import Call
from provisioner.sandbox.oss.database import ObjectRow
from provisioner.sandbox.oss.errors import OssRefusal, malformed_xml
from provisioner.sandbox.oss.listing import key_encoding
from provisioner.sandbox.oss.messages import Request, Response, http_date, parse_xml, xml_owner, xml_response
from provisioner.sandbox.oss.retention import check_mutable, is_protected
from provisioner.sandbox.oss.tagging import tags_of

_MAXIMUM_DELETED_KEYS = 1000
_MAXIMUM_KEY_BYTES = 1023
_RANGE = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})")
_KEPT_HEADERS = ("content-type", "cache-control", "content-disposition", "content-encoding", "expires")


def put_object(call: Call) -> Response:
    """Store an object."""
    key = call.request.key
    if len(key.encode()) > _MAXIMUM_KEY_BYTES or key[0] in "/\\":
        raise OssRefusal(400, "InvalidObjectName", "The specified object is not valid.", call.request.names)
    digest = _checked_md5(call.request)
    headers = {name: call.request.headers[name] for name in _KEPT_HEADERS if name in call.request.headers}
    headers |= {name: value for name, value in call.request.headers.items() if name.startswith("x-oss-meta-")}
    headers.setdefault("content-type", "application/octet-stream")
    tags = tags_of(parse_qsl(call.request.headers.get("x-oss-tagging", ""), keep_blank_values=True))
    forbid_overwrite = call.request.headers.get("x-oss-forbid-overwrite", "").lower() == "true"
    with call.database.change() as session:
        bucket = call.writable_bucket(session)
        existing = session.head(call.request.bucket, key)
        if existing is not None:
            # The header has no effect as soon as versioning was ever configured.
            if forbid_overwrite and bucket.versioning is None:
                raise OssRefusal(
                    409,
                    "FileAlreadyExists",
                    "The object you specified already exists and can not be overwritten.",
                    call.request.names,
                )
            check_mutable(call, bucket, existing)
        encryption = call.request.headers.get("x-oss-server-side-encryption") or bucket.encryption
        if encryption:
            headers["x-oss-server-side-encryption"] = encryption
        row = ObjectRow(key, len(call.request.body), digest.hex().upper(), call.clock(), headers, tags)
        session.put(call.request.bucket, row, call.request.body)
    answer = {"ETag": f'"{row.md5}"', "Content-MD5": base64.b64encode(digest).decode()}
    if encryption:
        answer["x-oss-server-side-encryption"] = encryption
    return Response(headers=answer)


def get_object(call: Call) -> Response:
    """Return an object or a range of it."""
    with call.database.read() as session:
        row = call.readable_object(session)
        if (early := _precondition(call.request, row)) is not None:
            return early
        body = session.body(call.request.bucket, call.request.key)
    headers = _object_headers(row)
    span = _range(call.request.headers.get("range", ""), row.size)
    if span is None:
        return Response(headers=headers, body=body)
    start, end = span
    headers.pop("Content-MD5")
    headers["Content-Range"] = f"bytes {start}-{end - 1}/{row.size}"
    return Response(206, headers, body[start:end])


def head_object(call: Call) -> Response:
    """Return an object's headers; the server leaves the body out."""
    with call.database.read() as session:
        row = call.readable_object(session)
    early = _precondition(call.request, row)
    return early or Response(headers={**_object_headers(row), "Content-Length": str(row.size)})


def get_object_acl(call: Call) -> Response:
    """Return an object's own ACL, which is always the bucket's."""
    with call.database.read() as session:
        bucket = call.owned_bucket(session)
        call.existing_object(session)
    return xml_response(
        "AccessControlPolicy",
        [("Owner", xml_owner(bucket.owner)), ("AccessControlList", [("Grant", "default")])],
    )


def delete_object(call: Call) -> Response:
    """Delete an object; one that does not exist counts as deleted."""
    with call.database.change() as session:
        bucket = call.writable_bucket(session)
        row = session.head(call.request.bucket, call.request.key)
        if row is not None:
            check_mutable(call, bucket, row)
            session.remove(call.request.bucket, call.request.key)
    return Response(204)


def delete_multiple_objects(call: Call) -> Response:
    """Delete up to 1000 objects; those under retention stay and are missing from the answer."""
    _checked_md5(call.request)
    root = parse_xml(call.request.body, "Delete")
    keys = [element.findtext("Key") or "" for element in root.findall("Object")]
    if not 0 < len(keys) <= _MAXIMUM_DELETED_KEYS or "" in keys:
        raise malformed_xml("A Delete document names 1 to 1000 objects by their keys.")
    deleted = []
    with call.database.change() as session:
        bucket = call.writable_bucket(session)
        for key in keys:
            row = session.head(call.request.bucket, key)
            if row is not None and is_protected(call, bucket, row):
                continue
            session.remove(call.request.bucket, key)
            deleted.append(key)
    if root.findtext("Quiet") == "true":
        return Response()
    encode, encoding = key_encoding(call.request)
    return xml_response("DeleteResult", encoding + [("Deleted", [("Key", encode(key))]) for key in deleted])


def _checked_md5(request: Request) -> bytes:
    digest = hashlib.md5(request.body, usedforsecurity=False).digest()
    if declared := request.headers.get("content-md5"):
        try:
            matches = base64.b64decode(declared, validate=True) == digest
        except ValueError:  # also for what is not ASCII
            matches = False
        if not matches:
            raise OssRefusal(
                400, "InvalidDigest", "The Content-MD5 you specified was invalid.", {"Content-MD5": declared}
            )
    return digest


def _object_headers(row: ObjectRow) -> dict[str, str]:
    headers = {name.title() if not name.startswith("x-oss-") else name: value for name, value in row.headers.items()}
    headers |= {
        "ETag": f'"{row.md5}"',
        "Last-Modified": http_date(int(row.created)),
        "Content-MD5": base64.b64encode(bytes.fromhex(row.md5)).decode(),
        "Accept-Ranges": "bytes",
        "x-oss-object-type": "Normal",
        "x-oss-storage-class": "Standard",
    }
    if row.tags:
        headers["x-oss-tagging-count"] = str(len(row.tags))
    return headers


def _precondition(request: Request, row: ObjectRow) -> Response | None:
    etag = f'"{row.md5}"'
    wanted, unwanted = request.headers.get("if-match"), request.headers.get("if-none-match")
    if wanted is not None and wanted.strip() not in (etag, row.md5):
        raise OssRefusal(412, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold.")
    if unwanted is not None and unwanted.strip() in (etag, row.md5):
        return Response(304, {"ETag": etag})
    return None


def _range(header: str, size: int) -> tuple[int, int] | None:
    match = _RANGE.fullmatch(header.strip())
    if match is None or match.groups() == ("", ""):
        return None
    first, last = match.groups()
    if not first:
        return max(0, size - int(last)), size
    start = int(first)
    end = min(size, int(last) + 1) if last else size
    # The service answers an impossible range with the whole object.
    return (start, end) if start < end else None

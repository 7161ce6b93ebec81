"""Creating, describing, listing and deleting buckets, with the refusals."""

from __future__ import annotations

import re

from provisioner.sandbox.oss.bucket_settings import ACLS
from provisioner.sandbox.oss.call import Call
from provisioner.sandbox.oss.database import Bucket
from provisioner.sandbox.oss.errors import OssRefusal, access_denied, invalid_argument
from provisioner.sandbox.oss.listing import page_size
from provisioner.sandbox.oss.messages import (
    Identity,
    Request,
    Response,
    XmlContent,
    parse_xml,
    xml_boolean,
    xml_date,
    xml_owner,
    xml_response,
)

_DEFAULT_LOCATION = "oss-cn-hangzhou"
_STORAGE_CLASSES = ("Standard", "IA", "Archive", "ColdArchive", "DeepColdArchive")
_REDUNDANCIES = ("LRS", "ZRS")
_MAXIMUM_BUCKETS = 100
_BUCKET_NAME = re.compile(r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]")
_LOCATION = re.compile(r"oss-[a-z]{2}-[a-z0-9-]+")


def list_buckets(call: Call) -> Response:
    """Return the caller's buckets, page by page."""
    if call.caller is None:
        raise access_denied("Anonymous user has no right to list buckets.")
    prefix, marker = call.request.query.get("prefix", ""), call.request.query.get("marker", "")
    limit = page_size(call.request)
    with call.database.read() as session:
        found = [b for b in session.buckets(call.caller.account_id) if b.name.startswith(prefix) and b.name > marker]
    page = found[:limit]
    content: list[tuple[str, XmlContent]] = [
        ("Prefix", prefix),
        ("Marker", marker),
        ("MaxKeys", str(limit)),
        ("IsTruncated", xml_boolean(len(found) > limit)),
        ("Owner", xml_owner(call.caller.account_id)),
    ]
    if len(found) > limit:
        content.append(("NextMarker", page[-1].name))
    content.append(("Buckets", [("Bucket", _bucket_summary(bucket)) for bucket in page]))
    return xml_response("ListAllMyBucketsResult", content)


def require_creator(call: Call) -> Identity:
    """Return who may create a bucket: anybody who signs."""
    if call.caller is None:
        raise access_denied("Anonymous user has no right to create buckets.")
    return call.caller


def put_bucket(call: Call) -> Response:
    """Create a bucket; for its owner, creating it again changes nothing but the ACL."""
    caller = require_creator(call)
    if not _BUCKET_NAME.fullmatch(call.request.bucket):
        raise OssRefusal(400, "InvalidBucketName", "The specified bucket is not valid.", call.request.names)
    acl = call.request.headers.get("x-oss-acl")
    if acl is not None and acl not in ACLS:
        raise invalid_argument("x-oss-acl", acl)
    storage_class, redundancy, location = _requested_configuration(call.request, caller)
    with call.database.change() as session:
        existing = session.bucket(call.request.bucket)
        if existing is None:
            if len(session.buckets(caller.account_id)) >= _MAXIMUM_BUCKETS:
                raise OssRefusal(400, "TooManyBuckets", "You have attempted to create more buckets than allowed.")
            session.add_bucket(
                Bucket(
                    call.request.bucket,
                    caller.account_id,
                    location or _DEFAULT_LOCATION,
                    storage_class or "Standard",
                    redundancy or "LRS",
                    acl or "private",
                    call.clock(),
                )
            )
        else:
            _check_same_bucket(existing, caller, location, storage_class, redundancy)
            if acl is not None:
                session.set_bucket(call.request.bucket, acl=acl)
    return Response(headers={"Location": f"/{call.request.bucket}"})


def get_bucket_info(call: Call) -> Response:
    """Return the bucket's settings in one document."""
    with call.database.read() as session:
        bucket = call.owned_bucket(session)
    content: list[tuple[str, XmlContent]] = [
        ("CreationDate", xml_date(bucket.created)),
        ("ExtranetEndpoint", f"{bucket.location}.aliyuncs.com"),
        ("IntranetEndpoint", f"{bucket.location}-internal.aliyuncs.com"),
        ("Location", bucket.location),
        ("StorageClass", bucket.storage_class),
        ("DataRedundancyType", bucket.redundancy),
        ("Name", bucket.name),
        ("Owner", xml_owner(bucket.owner)),
        ("AccessControlList", [("Grant", bucket.acl)]),
        ("Comment", ""),
        ("ServerSideEncryptionRule", [("SSEAlgorithm", bucket.encryption or "None")]),
    ]
    if bucket.versioning:
        content.append(("Versioning", bucket.versioning))
    return xml_response("BucketInfo", [("Bucket", content)])


def get_bucket_location(call: Call) -> Response:
    """Return where the bucket is."""
    with call.database.read() as session:
        return xml_response("LocationConstraint", call.owned_bucket(session).location)


def get_bucket_stat(call: Call) -> Response:
    """Return how much the bucket holds."""
    with call.database.read() as session:
        call.owned_bucket(session)
        count, size = session.usage(call.request.bucket)
    return xml_response(
        "BucketStat", [("Storage", str(size)), ("ObjectCount", str(count)), ("MultipartUploadCount", "0")]
    )


def delete_bucket(call: Call) -> Response:
    """Delete an empty bucket, and with it its settings and retention policy."""
    with call.database.change() as session:
        call.owned_bucket(session)
        if session.has_objects(call.request.bucket):
            raise OssRefusal(409, "BucketNotEmpty", "The bucket you tried to delete is not empty.", call.request.names)
        session.remove_bucket(call.request.bucket)
    return Response(204)


def _requested_configuration(request: Request, caller: Identity) -> tuple[str | None, str | None, str | None]:
    storage_class = redundancy = location = None
    if request.body.strip():
        root = parse_xml(request.body, "CreateBucketConfiguration")
        storage_class = root.findtext("StorageClass")
        redundancy = root.findtext("DataRedundancyType")
        location = root.findtext("LocationConstraint")
    if storage_class is not None and storage_class not in _STORAGE_CLASSES:
        raise invalid_argument("StorageClass", storage_class)
    if redundancy is not None and redundancy not in _REDUNDANCIES:
        raise invalid_argument("DataRedundancyType", redundancy)
    if location is not None and not _LOCATION.fullmatch(location):
        raise OssRefusal(400, "InvalidLocationConstraint", "The specified location-constraint is not valid.")
    signed = f"oss-{caller.region}" if caller.region else None
    if location is not None and signed is not None and location != signed:
        raise OssRefusal(400, "InvalidLocationConstraint", "The location-constraint is not the endpoint's region.")
    return storage_class, redundancy, location or signed


def _check_same_bucket(
    bucket: Bucket, caller: Identity, location: str | None, storage_class: str | None, redundancy: str | None
) -> None:
    reason = ""
    if bucket.owner != caller.account_id:
        reason = (
            "The requested bucket name is not available. The bucket namespace is shared by all users of the system. "
            "Please select a different name and try again."
        )
    elif location is not None and location != bucket.location:
        reason = "Bucket already exists can't modify location."
    elif storage_class is not None and storage_class != bucket.storage_class:
        reason = "Cannot modify existing bucket's storage class."
    elif redundancy is not None and redundancy != bucket.redundancy:
        reason = "Bucket already exists can't modify data redundancy type."
    if reason:
        raise OssRefusal(409, "BucketAlreadyExists", reason, {"BucketName": bucket.name})


def _bucket_summary(bucket: Bucket) -> list[tuple[str, XmlContent]]:
    return [
        ("CreationDate", xml_date(bucket.created)),
        ("ExtranetEndpoint", f"{bucket.location}.aliyuncs.com"),
        ("IntranetEndpoint", f"{bucket.location}-internal.aliyuncs.com"),
        ("Location", bucket.location),
        ("Name", bucket.name),
        ("Region", bucket.location.removeprefix("oss-")),
        ("StorageClass", bucket.storage_class),
    ]

"""
What each OSS operation does, checks and refuses: one method per operation, named as the service names it.

Source: the API reference under alibabacloud.com/help/en/oss/developer-reference and the error lists under
alibabacloud.com/help/en/oss/user-guide/http-status-code-409 (and -400, -403), read 2026-11.

Known to be simpler than the service: a bucket with versioning enabled keeps only the newest version of an object,
lifecycle rules are stored and not executed, and multipart uploads, symbolic links, appendable objects, copies, bucket
policies and signed URLs are refused as not implemented.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import secrets
from collections.abc import Callable, Iterator, Mapping
from urllib.parse import parse_qsl, quote

from provisioner.sandbox.oss.database import Bucket, Database, ObjectRow, Session
from provisioner.sandbox.oss.errors import (
    OssRefusal,
    access_denied,
    invalid_argument,
    malformed_xml,
    not_implemented,
)
from provisioner.sandbox.oss.messages import (
    Identity,
    Request,
    Response,
    XmlContent,
    http_date,
    parse_xml,
    xml_date,
    xml_response,
)

DEFAULT_LOCATION = "oss-cn-hangzhou"
_ACLS = ("private", "public-read", "public-read-write")
_STORAGE_CLASSES = ("Standard", "IA", "Archive", "ColdArchive", "DeepColdArchive")
_REDUNDANCIES = ("LRS", "ZRS")
_SSE_ALGORITHMS = ("AES256", "KMS", "SM4")
_MAXIMUM_BUCKETS = 100
_MAXIMUM_KEYS = 1000
_MAXIMUM_KEY_BYTES = 1023
_MAXIMUM_RULES = 1000
_MAXIMUM_TAGS = 10
_MAXIMUM_RETENTION_DAYS = 25_550
_DAY_SECONDS = 86_400
_BUCKET_NAME = re.compile(r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]")
_LOCATION = re.compile(r"oss-[a-z]{2}-[a-z0-9-]+")
_RANGE = re.compile(r"bytes=(\d*)-(\d*)")
_KEPT_HEADERS = ("content-type", "cache-control", "content-disposition", "content-encoding", "expires")
_LIFECYCLE_ACTIONS = (
    "Expiration",
    "Transition",
    "AbortMultipartUpload",
    "NoncurrentVersionExpiration",
    "NoncurrentVersionTransition",
)
# Parameters that modify an operation; any other parameter without a value asks for a sub-resource.
_PLAIN_PARAMETERS = frozenset(
    {
        "prefix",
        "marker",
        "delimiter",
        "max-keys",
        "encoding-type",
        "list-type",
        "start-after",
        "continuation-token",
        "fetch-owner",
        "response-content-type",
        "response-content-language",
        "response-expires",
        "response-cache-control",
        "response-content-disposition",
        "response-content-encoding",
        "tag-key",
        "key-marker",
        "upload-id-marker",
        "max-uploads",
        "tag-value",
    }
)

_Operation = Callable[["Operations", Request, "Identity | None"], Response]


class Operations:
    """The service behind the wire: answers requests whose signature has been checked."""

    def __init__(self, database: Database, clock: Callable[[], float]) -> None:
        self._database = database
        self._clock = clock

    def handle(self, request: Request, caller: Identity | None) -> Response:
        """
        Return the answer to a request.

        Raises:
            OssRefusal: the service refuses it; also for everything the sandbox does not simulate.
        """
        if request.key:
            level, table = "object", _OBJECT_OPERATIONS
        elif request.bucket:
            level, table = "bucket", _BUCKET_OPERATIONS
        else:
            level, table = "service", _SERVICE_OPERATIONS
        subresources = tuple(sorted(name for name in request.query if name not in _PLAIN_PARAMETERS))
        operation = table.get((request.method, subresources))
        if operation is None:
            raise not_implemented(f"{request.method} {level} with {', '.join(subresources) or 'no sub-resource'}")
        if "x-oss-copy-source" in request.headers:
            raise not_implemented("copying objects")
        return operation(self, request, caller)

    # Service

    def list_buckets(self, request: Request, caller: Identity | None) -> Response:
        """Return the caller's buckets, page by page."""
        if caller is None:
            raise access_denied("Anonymous user has no right to list buckets.")
        prefix, marker = request.query.get("prefix", ""), request.query.get("marker", "")
        limit = _max_keys(request)
        with self._database.read() as session:
            found = [b for b in session.buckets(caller.account_id) if b.name.startswith(prefix) and b.name > marker]
        page = found[:limit]
        content: list[tuple[str, XmlContent]] = [
            ("Prefix", prefix),
            ("Marker", marker),
            ("MaxKeys", str(limit)),
            ("IsTruncated", _boolean(len(found) > limit)),
            ("Owner", _owner(caller.account_id)),
        ]
        if len(found) > limit:
            content.append(("NextMarker", page[-1].name))
        content.append(("Buckets", [("Bucket", _bucket_summary(bucket)) for bucket in page]))
        return xml_response("ListAllMyBucketsResult", content)

    # Buckets

    def put_bucket(self, request: Request, caller: Identity | None) -> Response:
        """Create a bucket; for its owner, creating it again changes nothing but the ACL."""
        if caller is None:
            raise access_denied("Anonymous user has no right to create buckets.")
        if not _BUCKET_NAME.fullmatch(request.bucket):
            raise OssRefusal(400, "InvalidBucketName", "The specified bucket is not valid.", _names(request))
        acl = request.headers.get("x-oss-acl")
        if acl is not None and acl not in _ACLS:
            raise invalid_argument("x-oss-acl", acl)
        storage_class, redundancy, location = _bucket_configuration(request, caller)
        with self._database.change() as session:
            existing = session.bucket(request.bucket)
            if existing is None:
                if len(session.buckets(caller.account_id)) >= _MAXIMUM_BUCKETS:
                    raise OssRefusal(400, "TooManyBuckets", "You have attempted to create more buckets than allowed.")
                session.add_bucket(
                    Bucket(
                        request.bucket,
                        caller.account_id,
                        location or DEFAULT_LOCATION,
                        storage_class or "Standard",
                        redundancy or "LRS",
                        acl or "private",
                        self._clock(),
                    )
                )
            else:
                _check_same_bucket(existing, caller, location, storage_class, redundancy)
                if acl is not None:
                    session.set_bucket(request.bucket, acl=acl)
        return Response(headers={"Location": f"/{request.bucket}"})

    def get_bucket_info(self, request: Request, caller: Identity | None) -> Response:
        """Return the bucket's settings in one document."""
        with self._database.read() as session:
            bucket = _owned(session, request, caller)
        content: list[tuple[str, XmlContent]] = [
            ("CreationDate", xml_date(bucket.created)),
            ("ExtranetEndpoint", f"{bucket.location}.aliyuncs.com"),
            ("IntranetEndpoint", f"{bucket.location}-internal.aliyuncs.com"),
            ("Location", bucket.location),
            ("StorageClass", bucket.storage_class),
            ("DataRedundancyType", bucket.redundancy),
            ("Name", bucket.name),
            ("Owner", _owner(bucket.owner)),
            ("AccessControlList", [("Grant", bucket.acl)]),
            ("Comment", ""),
            ("ServerSideEncryptionRule", [("SSEAlgorithm", bucket.encryption or "None")]),
        ]
        if bucket.versioning:
            content.append(("Versioning", bucket.versioning))
        return xml_response("BucketInfo", [("Bucket", content)])

    def get_bucket_location(self, request: Request, caller: Identity | None) -> Response:
        """Return where the bucket is."""
        with self._database.read() as session:
            return xml_response("LocationConstraint", _owned(session, request, caller).location)

    def get_bucket_stat(self, request: Request, caller: Identity | None) -> Response:
        """Return how much the bucket holds."""
        with self._database.read() as session:
            _owned(session, request, caller)
            count, size = session.usage(request.bucket)
        return xml_response(
            "BucketStat", [("Storage", str(size)), ("ObjectCount", str(count)), ("MultipartUploadCount", "0")]
        )

    def delete_bucket(self, request: Request, caller: Identity | None) -> Response:
        """Delete an empty bucket, and with it its settings and retention policy."""
        with self._database.change() as session:
            _owned(session, request, caller)
            if session.has_objects(request.bucket):
                raise OssRefusal(409, "BucketNotEmpty", "The bucket you tried to delete is not empty.", _names(request))
            session.remove_bucket(request.bucket)
        return Response(204)

    def put_bucket_acl(self, request: Request, caller: Identity | None) -> Response:
        """Change who may read and write the bucket's objects."""
        acl = request.headers.get("x-oss-acl", "")
        if acl not in _ACLS:
            raise invalid_argument("x-oss-acl", acl)
        return self._set(request, caller, acl=acl)

    def get_bucket_acl(self, request: Request, caller: Identity | None) -> Response:
        """Return who may read and write the bucket's objects."""
        with self._database.read() as session:
            bucket = _owned(session, request, caller)
        return xml_response(
            "AccessControlPolicy",
            [("Owner", _owner(bucket.owner)), ("AccessControlList", [("Grant", bucket.acl)])],
        )

    def put_bucket_encryption(self, request: Request, caller: Identity | None) -> Response:
        """Set how new objects are encrypted."""
        root = parse_xml(request.body, "ServerSideEncryptionRule")
        algorithm = root.findtext("ApplyServerSideEncryptionByDefault/SSEAlgorithm")
        if algorithm is None:
            raise malformed_xml()
        if algorithm not in _SSE_ALGORITHMS:
            raise OssRefusal(400, "InvalidEncryptionAlgorithmError", "The encryption algorithm is not supported.")
        return self._set(request, caller, encryption=algorithm)

    def get_bucket_encryption(self, request: Request, caller: Identity | None) -> Response:
        """Return how new objects are encrypted."""
        with self._database.read() as session:
            bucket = _owned(session, request, caller)
        if bucket.encryption is None:
            raise OssRefusal(
                404,
                "NoSuchServerSideEncryptionRule",
                "The server side encryption configuration does not exist.",
                _names(request),
            )
        return xml_response(
            "ServerSideEncryptionRule", [("ApplyServerSideEncryptionByDefault", [("SSEAlgorithm", bucket.encryption)])]
        )

    def delete_bucket_encryption(self, request: Request, caller: Identity | None) -> Response:
        """Stop encrypting new objects."""
        return self._set(request, caller, 204, encryption=None)

    def put_bucket_lifecycle(self, request: Request, caller: Identity | None) -> Response:
        """Replace the lifecycle rules."""
        root = parse_xml(request.body, "LifecycleConfiguration")
        rules = root.findall("Rule")
        if not 0 < len(rules) <= _MAXIMUM_RULES:
            raise malformed_xml("A lifecycle configuration has 1 to 1000 rules.")
        for rule in rules:
            has_action = any(rule.find(action) is not None for action in _LIFECYCLE_ACTIONS)
            if rule.findtext("Status") not in ("Enabled", "Disabled") or rule.find("Prefix") is None or not has_action:
                raise malformed_xml("A lifecycle rule needs Prefix, Status and at least one action.")
        return self._set(request, caller, lifecycle=request.body.decode())

    def get_bucket_lifecycle(self, request: Request, caller: Identity | None) -> Response:
        """Return the lifecycle rules."""
        with self._database.read() as session:
            bucket = _owned(session, request, caller)
        if bucket.lifecycle is None:
            raise OssRefusal(404, "NoSuchLifecycle", "No Row found in Lifecycle Table.", _names(request))
        return Response(headers={"Content-Type": "application/xml"}, body=bucket.lifecycle.encode())

    def delete_bucket_lifecycle(self, request: Request, caller: Identity | None) -> Response:
        """Remove the lifecycle rules."""
        return self._set(request, caller, 204, lifecycle=None)

    def put_bucket_versioning(self, request: Request, caller: Identity | None) -> Response:
        """Enable or suspend versioning; it cannot be taken back to "never configured"."""
        status = parse_xml(request.body, "VersioningConfiguration").findtext("Status")
        if status not in ("Enabled", "Suspended"):
            raise malformed_xml()
        with self._database.change() as session:
            bucket = _owned(session, request, caller)
            if _worm_state(bucket, self._clock()) in ("InProgress", "Locked"):
                raise OssRefusal(
                    409, "InvalidBucketState", "Versioning and a retention policy exclude each other.", _names(request)
                )
            session.set_bucket(request.bucket, versioning=status)
        return Response()

    def get_bucket_versioning(self, request: Request, caller: Identity | None) -> Response:
        """Return the versioning status; without an element when it was never configured."""
        with self._database.read() as session:
            bucket = _owned(session, request, caller)
        return xml_response("VersioningConfiguration", [("Status", bucket.versioning)] if bucket.versioning else "")

    # Retention policies

    def initiate_bucket_worm(self, request: Request, caller: Identity | None) -> Response:
        """Create a retention policy; it protects at once and expires after 24 hours unless completed."""
        days = _retention_days(request, "InitiateWormConfiguration")
        with self._database.change() as session:
            bucket = _owned(session, request, caller)
            if bucket.versioning:
                raise OssRefusal(
                    409, "InvalidBucketState", "Versioning and a retention policy exclude each other.", _names(request)
                )
            state = _worm_state(bucket, self._clock())
            if state == "Locked":
                raise _worm_locked()
            if state == "InProgress":
                raise OssRefusal(400, "InvalidWORMConfiguration", "The bucket already has a retention policy.")
            worm_id = secrets.token_hex(16).upper()
            session.set_bucket(
                request.bucket, worm_id=worm_id, worm_days=days, worm_locked=0, worm_created=self._clock()
            )
        return Response(headers={"x-oss-worm-id": worm_id})

    def complete_bucket_worm(self, request: Request, caller: Identity | None) -> Response:
        """Lock the retention policy for good."""
        with self._database.change() as session:
            bucket = _owned(session, request, caller)
            state = self._worm_of(bucket, request.query["wormId"])
            if state == "Locked":
                raise _worm_locked()
            if state == "Expired":
                raise OssRefusal(400, "InvalidWORMConfiguration", "The retention policy has expired.")
            session.set_bucket(request.bucket, worm_locked=1)
        return Response()

    def extend_bucket_worm(self, request: Request, caller: Identity | None) -> Response:
        """Lengthen a locked retention policy."""
        days = _retention_days(request, "ExtendWormConfiguration")
        with self._database.change() as session:
            bucket = _owned(session, request, caller)
            state = self._worm_of(bucket, request.query["wormId"])
            if state != "Locked" or days < (bucket.worm_days or 0):
                raise OssRefusal(
                    400,
                    "InvalidWORMConfiguration",
                    "Only a locked policy can be extended, and only to a longer period.",
                )
            session.set_bucket(request.bucket, worm_days=days)
        return Response()

    def get_bucket_worm(self, request: Request, caller: Identity | None) -> Response:
        """Return the retention policy."""
        with self._database.read() as session:
            bucket = _owned(session, request, caller)
        state = _worm_state(bucket, self._clock())
        if state is None:
            raise _no_worm(request)
        return xml_response(
            "WormConfiguration",
            [
                ("WormId", bucket.worm_id or ""),
                ("State", state),
                ("RetentionPeriodInDays", str(bucket.worm_days)),
                ("CreationDate", xml_date(bucket.worm_created or 0)),
                ("ExpirationDate", xml_date((bucket.worm_created or 0) + _DAY_SECONDS)),
            ],
        )

    def abort_bucket_worm(self, request: Request, caller: Identity | None) -> Response:
        """Remove a retention policy that is not locked."""
        with self._database.change() as session:
            bucket = _owned(session, request, caller)
            state = _worm_state(bucket, self._clock())
            if state is None:
                raise _no_worm(request)
            if state == "Locked":
                raise _worm_locked()
            session.set_bucket(request.bucket, worm_id=None, worm_days=None, worm_locked=None, worm_created=None)
        return Response(204)

    # Objects

    def put_object(self, request: Request, caller: Identity | None) -> Response:
        """Store an object."""
        key = request.key
        if len(key.encode()) > _MAXIMUM_KEY_BYTES or key[0] in "/\\":
            raise OssRefusal(400, "InvalidObjectName", "The specified object is not valid.", _names(request))
        digest = _checked_md5(request)
        headers = {name: request.headers[name] for name in _KEPT_HEADERS if name in request.headers}
        headers |= {name: value for name, value in request.headers.items() if name.startswith("x-oss-meta-")}
        headers.setdefault("content-type", "application/octet-stream")
        tags = _tags_of(parse_qsl(request.headers.get("x-oss-tagging", ""), keep_blank_values=True))
        forbid_overwrite = request.headers.get("x-oss-forbid-overwrite", "").lower() == "true"
        with self._database.change() as session:
            bucket = _writable(session, request, caller)
            existing = session.head(request.bucket, key)
            if existing is not None:
                # The header has no effect as soon as versioning was ever configured.
                if forbid_overwrite and bucket.versioning is None:
                    raise OssRefusal(
                        409,
                        "FileAlreadyExists",
                        "The object you specified already exists and can not be overwritten.",
                        _names(request),
                    )
                self._check_mutable(bucket, existing, request)
            encryption = request.headers.get("x-oss-server-side-encryption") or bucket.encryption
            if encryption:
                headers["x-oss-server-side-encryption"] = encryption
            row = ObjectRow(key, len(request.body), digest.hex().upper(), self._clock(), headers, tags)
            session.put(request.bucket, row, request.body)
        answer = {"ETag": f'"{row.md5}"', "Content-MD5": base64.b64encode(digest).decode()}
        if encryption:
            answer["x-oss-server-side-encryption"] = encryption
        return Response(headers=answer)

    def get_object(self, request: Request, caller: Identity | None) -> Response:
        """Return an object or a range of it."""
        with self._database.read() as session:
            row = _readable(session, request, caller)
            if (early := _precondition(request, row)) is not None:
                return early
            body = session.body(request.bucket, request.key)
        headers = _object_headers(row)
        span = _range(request.headers.get("range", ""), row.size)
        if span is None:
            return Response(headers=headers, body=body)
        start, end = span
        headers.pop("Content-MD5")
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{row.size}"
        return Response(206, headers, body[start:end])

    def head_object(self, request: Request, caller: Identity | None) -> Response:
        """Return an object's headers; the server leaves the body out."""
        with self._database.read() as session:
            row = _readable(session, request, caller)
        early = _precondition(request, row)
        return early or Response(headers={**_object_headers(row), "Content-Length": str(row.size)})

    def get_object_acl(self, request: Request, caller: Identity | None) -> Response:
        """Return an object's own ACL, which is always the bucket's."""
        with self._database.read() as session:
            bucket = _owned(session, request, caller)
            _existing(session, request)
        return xml_response(
            "AccessControlPolicy",
            [("Owner", _owner(bucket.owner)), ("AccessControlList", [("Grant", "default")])],
        )

    def delete_object(self, request: Request, caller: Identity | None) -> Response:
        """Delete an object; one that does not exist counts as deleted."""
        with self._database.change() as session:
            bucket = _writable(session, request, caller)
            row = session.head(request.bucket, request.key)
            if row is not None:
                self._check_mutable(bucket, row, request)
                session.remove(request.bucket, request.key)
        return Response(204)

    def delete_multiple_objects(self, request: Request, caller: Identity | None) -> Response:
        """Delete up to 1000 objects; those under retention stay and are missing from the answer."""
        _checked_md5(request)
        root = parse_xml(request.body, "Delete")
        keys = [element.findtext("Key") or "" for element in root.findall("Object")]
        if not 0 < len(keys) <= _MAXIMUM_KEYS or "" in keys:
            raise malformed_xml("A Delete document names 1 to 1000 objects by their keys.")
        deleted = []
        with self._database.change() as session:
            bucket = _writable(session, request, caller)
            for key in keys:
                row = session.head(request.bucket, key)
                if row is not None and self._is_protected(bucket, row):
                    continue
                session.remove(request.bucket, key)
                deleted.append(key)
        if root.findtext("Quiet") == "true":
            return Response()
        encode, encoding = _encoding(request)
        return xml_response("DeleteResult", encoding + [("Deleted", [("Key", encode(key))]) for key in deleted])

    def list_objects(self, request: Request, caller: Identity | None) -> Response:
        """Return a page of a bucket's objects, in either version of the operation."""
        query = request.query
        is_v2 = query.get("list-type") == "2"
        if query.get("list-type", "2") != "2":
            raise invalid_argument("list-type", query["list-type"])
        prefix, delimiter = query.get("prefix", ""), query.get("delimiter", "")
        marker = query.get("start-after", "") if is_v2 else query.get("marker", "")
        token = query.get("continuation-token", "")
        after = max(_from_token(token), marker) if is_v2 and token else marker
        limit = _max_keys(request)
        with self._database.read() as session:
            bucket = _listable(session, request, caller)
            page, next_marker = _page(session.objects(request.bucket, prefix, after), prefix, delimiter, after, limit)
        encode, encoding = _encoding(request)
        content: list[tuple[str, XmlContent]] = [
            ("Name", request.bucket),
            ("Prefix", encode(prefix)),
            ("StartAfter" if is_v2 else "Marker", encode(marker)),
            ("MaxKeys", str(limit)),
            ("Delimiter", encode(delimiter)),
            *encoding,
            ("IsTruncated", _boolean(bool(next_marker))),
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

    def put_object_tagging(self, request: Request, caller: Identity | None) -> Response:
        """Replace an object's tags; allowed under retention too."""
        root = parse_xml(request.body, "Tagging")
        pairs = [(tag.findtext("Key") or "", tag.findtext("Value") or "") for tag in root.findall("TagSet/Tag")]
        tags = _tags_of(pairs)
        with self._database.change() as session:
            _writable(session, request, caller)
            _existing(session, request)
            session.set_tags(request.bucket, request.key, tags)
        return Response()

    def get_object_tagging(self, request: Request, caller: Identity | None) -> Response:
        """Return an object's tags."""
        with self._database.read() as session:
            row = _readable(session, request, caller)
        tags = [("Tag", [("Key", key), ("Value", value)]) for key, value in sorted(row.tags.items())]
        return xml_response("Tagging", [("TagSet", tags)])

    def delete_object_tagging(self, request: Request, caller: Identity | None) -> Response:
        """Remove an object's tags."""
        with self._database.change() as session:
            _writable(session, request, caller)
            _existing(session, request)
            session.set_tags(request.bucket, request.key, {})
        return Response(204)

    # Multipart uploads: none can be started, so none exists.

    def list_multipart_uploads(self, request: Request, caller: Identity | None) -> Response:
        """Return the uploads under way: always none."""
        with self._database.read() as session:
            _owned(session, request, caller)
        return xml_response(
            "ListMultipartUploadsResult",
            [
                ("Bucket", request.bucket),
                ("KeyMarker", ""),
                ("UploadIdMarker", ""),
                ("NextKeyMarker", ""),
                ("NextUploadIdMarker", ""),
                ("MaxUploads", str(_MAXIMUM_KEYS)),
                ("IsTruncated", "false"),
            ],
        )

    def refuse_upload_id(self, request: Request, caller: Identity | None) -> Response:
        """Refuse to continue, list, complete or abort an upload, since none exists."""
        with self._database.read() as session:
            _writable(session, request, caller)
        raise OssRefusal(404, "NoSuchUpload", "The specified upload does not exist.", _names(request))

    # Shared

    def _set(self, request: Request, caller: Identity | None, status: int = 200, **columns: str | None) -> Response:
        with self._database.change() as session:
            _owned(session, request, caller)
            session.set_bucket(request.bucket, **columns)
        return Response(status)

    def _is_protected(self, bucket: Bucket, row: ObjectRow) -> bool:
        now = self._clock()
        if _worm_state(bucket, now) not in ("InProgress", "Locked"):
            return False
        return row.created + (bucket.worm_days or 0) * _DAY_SECONDS > now

    def _check_mutable(self, bucket: Bucket, row: ObjectRow, request: Request) -> None:
        if self._is_protected(bucket, row):
            raise OssRefusal(409, "FileImmutable", "The object you specified is immutable.", _names(request))

    def _worm_of(self, bucket: Bucket, worm_id: str) -> str:
        state = _worm_state(bucket, self._clock())
        if state is None or bucket.worm_id != worm_id:
            raise OssRefusal(404, "NoSuchWORMConfiguration", "The WORM configuration does not exist.")
        return state


_SERVICE_OPERATIONS: Mapping[tuple[str, tuple[str, ...]], _Operation] = {("GET", ()): Operations.list_buckets}
_BUCKET_OPERATIONS: Mapping[tuple[str, tuple[str, ...]], _Operation] = {
    ("PUT", ()): Operations.put_bucket,
    ("GET", ()): Operations.list_objects,
    ("DELETE", ()): Operations.delete_bucket,
    ("GET", ("bucketInfo",)): Operations.get_bucket_info,
    ("GET", ("location",)): Operations.get_bucket_location,
    ("GET", ("stat",)): Operations.get_bucket_stat,
    ("PUT", ("acl",)): Operations.put_bucket_acl,
    ("GET", ("acl",)): Operations.get_bucket_acl,
    ("PUT", ("encryption",)): Operations.put_bucket_encryption,
    ("GET", ("encryption",)): Operations.get_bucket_encryption,
    ("DELETE", ("encryption",)): Operations.delete_bucket_encryption,
    ("PUT", ("lifecycle",)): Operations.put_bucket_lifecycle,
    ("GET", ("lifecycle",)): Operations.get_bucket_lifecycle,
    ("DELETE", ("lifecycle",)): Operations.delete_bucket_lifecycle,
    ("PUT", ("versioning",)): Operations.put_bucket_versioning,
    ("GET", ("versioning",)): Operations.get_bucket_versioning,
    ("POST", ("worm",)): Operations.initiate_bucket_worm,
    ("POST", ("wormId",)): Operations.complete_bucket_worm,
    ("POST", ("wormExtend", "wormId")): Operations.extend_bucket_worm,
    ("GET", ("worm",)): Operations.get_bucket_worm,
    ("DELETE", ("worm",)): Operations.abort_bucket_worm,
    ("POST", ("delete",)): Operations.delete_multiple_objects,
    ("GET", ("uploads",)): Operations.list_multipart_uploads,
}
_OBJECT_OPERATIONS: Mapping[tuple[str, tuple[str, ...]], _Operation] = {
    ("PUT", ()): Operations.put_object,
    ("GET", ()): Operations.get_object,
    ("HEAD", ()): Operations.head_object,
    ("HEAD", ("objectMeta",)): Operations.head_object,
    ("DELETE", ()): Operations.delete_object,
    ("GET", ("acl",)): Operations.get_object_acl,
    ("PUT", ("tagging",)): Operations.put_object_tagging,
    ("GET", ("tagging",)): Operations.get_object_tagging,
    ("DELETE", ("tagging",)): Operations.delete_object_tagging,
    ("PUT", ("partNumber", "uploadId")): Operations.refuse_upload_id,
    ("GET", ("uploadId",)): Operations.refuse_upload_id,
    ("POST", ("uploadId",)): Operations.refuse_upload_id,
    ("DELETE", ("uploadId",)): Operations.refuse_upload_id,
}


# Access


def _bucket(session: Session, request: Request, caller: Identity | None) -> Bucket:
    bucket = session.bucket(request.bucket)
    if bucket is None:
        raise OssRefusal(404, "NoSuchBucket", "The specified bucket does not exist.", _names(request))
    # The sandbox has one address for all regions; the region of a version 4 signature stands for the endpoint.
    if caller is not None and caller.region is not None and bucket.location != f"oss-{caller.region}":
        raise OssRefusal(
            403,
            "AccessDenied",
            "The bucket you are attempting to access must be addressed using the specified endpoint. Please send all "
            "future requests to this endpoint.",
            {"Bucket": bucket.name, "Endpoint": f"{bucket.location}.aliyuncs.com"},
        )
    return bucket


def _owned(session: Session, request: Request, caller: Identity | None) -> Bucket:
    bucket = _bucket(session, request, caller)
    if caller is None:
        raise access_denied("Anonymous user has no right to access this bucket.")
    if caller.account_id != bucket.owner:
        raise access_denied("The bucket you access does not belong to you.")
    return bucket


def _writable(session: Session, request: Request, caller: Identity | None) -> Bucket:
    bucket = _bucket(session, request, caller)
    if bucket.acl == "public-read-write":
        return bucket
    return _owned_object(bucket, caller)


def _listable(session: Session, request: Request, caller: Identity | None) -> Bucket:
    bucket = _bucket(session, request, caller)
    if bucket.acl in ("public-read", "public-read-write"):
        return bucket
    return _owned_object(bucket, caller)


def _owned_object(bucket: Bucket, caller: Identity | None) -> Bucket:
    if caller is None or caller.account_id != bucket.owner:
        raise access_denied()
    return bucket


def _readable(session: Session, request: Request, caller: Identity | None) -> ObjectRow:
    _listable(session, request, caller)
    return _existing(session, request)


def _existing(session: Session, request: Request) -> ObjectRow:
    row = session.head(request.bucket, request.key)
    if row is None:
        raise OssRefusal(404, "NoSuchKey", "The specified key does not exist.", {"Key": request.key})
    return row


# Buckets


def _bucket_configuration(request: Request, caller: Identity) -> tuple[str | None, str | None, str | None]:
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


def _owner(account_id: str) -> list[tuple[str, XmlContent]]:
    return [("ID", account_id), ("DisplayName", account_id)]


def _worm_state(bucket: Bucket, now: float) -> str | None:
    if bucket.worm_id is None:
        return None
    if bucket.worm_locked:
        return "Locked"
    return "InProgress" if now < (bucket.worm_created or 0) + _DAY_SECONDS else "Expired"


def _retention_days(request: Request, root_tag: str) -> int:
    text = parse_xml(request.body, root_tag).findtext("RetentionPeriodInDays") or ""
    if not text.isdecimal() or not 1 <= int(text) <= _MAXIMUM_RETENTION_DAYS:
        raise invalid_argument("RetentionPeriodInDays", text)
    return int(text)


def _worm_locked() -> OssRefusal:
    return OssRefusal(403, "WORMConfigurationLocked", "The WORM configuration is locked.")


def _no_worm(request: Request) -> OssRefusal:
    return OssRefusal(404, "NoSuchWORMConfiguration", "The WORM configuration does not exist.", _names(request))


# Objects and listings


def _checked_md5(request: Request) -> bytes:
    digest = hashlib.md5(request.body, usedforsecurity=False).digest()
    if declared := request.headers.get("content-md5"):
        try:
            matches = base64.b64decode(declared, validate=True) == digest
        except binascii.Error:
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


def _tags_of(pairs: list[tuple[str, str]]) -> dict[str, str]:
    if len(pairs) > _MAXIMUM_TAGS or any(not key for key, _ in pairs) or len({key for key, _ in pairs}) < len(pairs):
        raise OssRefusal(400, "InvalidTag", "An object has at most 10 tags with distinct keys.")
    return dict(pairs)


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
        content.append(("Owner", _owner(bucket.owner)))
    return content


def _encoding(request: Request) -> tuple[Callable[[str], str], list[tuple[str, XmlContent]]]:
    kind = request.query.get("encoding-type", "")
    if not kind:
        return str, []
    if kind != "url":
        raise invalid_argument("encoding-type", kind)
    return lambda text: quote(text, safe=""), [("EncodingType", "url")]


def _max_keys(request: Request) -> int:
    text = request.query.get("max-keys", "") or "100"
    if not text.isdecimal() or not 1 <= int(text) <= _MAXIMUM_KEYS:
        raise invalid_argument("max-keys", text)
    return int(text)


def _to_token(key: str) -> str:
    return base64.urlsafe_b64encode(key.encode()).decode()


def _from_token(token: str) -> str:
    try:
        return base64.urlsafe_b64decode(token).decode()
    except ValueError as error:
        raise invalid_argument("continuation-token", token, "The continuation token provided is incorrect.") from error


def _boolean(value: bool) -> str:
    return "true" if value else "false"


def _names(request: Request) -> dict[str, str]:
    names = {"BucketName": request.bucket} if request.bucket else {}
    return names | ({"Key": request.key} if request.key else {})

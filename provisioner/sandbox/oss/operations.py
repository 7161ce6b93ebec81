"""
Which function answers which request: one function per operation, named as the service names it.

Source: the API reference under alibabacloud.com/help/en/oss/developer-reference and the error lists under
alibabacloud.com/help/en/oss/user-guide/http-status-code-409 (and -400, -403), read 2026-11.

Known to be simpler than the service: a bucket with versioning enabled keeps only the newest version of an object,
lifecycle rules are stored and not executed, and multipart uploads, symbolic links, appendable objects, copies, bucket
policies and signed URLs are refused as not implemented.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from provisioner.sandbox.oss import bucket_settings, buckets, listing, multipart, objects, retention, tagging
from provisioner.sandbox.oss.call import Call
from provisioner.sandbox.oss.database import Database
from provisioner.sandbox.oss.errors import not_implemented
from provisioner.sandbox.oss.messages import Identity, Request, Response

_Operation: TypeAlias = Callable[[Call], Response]
_Table: TypeAlias = Mapping[tuple[str, tuple[str, ...]], _Operation]
"""By method and sub-resources."""

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

_SERVICE_OPERATIONS: _Table = {("GET", ()): buckets.list_buckets}
_BUCKET_OPERATIONS: _Table = {
    ("PUT", ()): buckets.put_bucket,
    ("GET", ()): listing.list_objects,
    ("DELETE", ()): buckets.delete_bucket,
    ("GET", ("bucketInfo",)): buckets.get_bucket_info,
    ("GET", ("location",)): buckets.get_bucket_location,
    ("GET", ("stat",)): buckets.get_bucket_stat,
    ("PUT", ("acl",)): bucket_settings.put_bucket_acl,
    ("GET", ("acl",)): bucket_settings.get_bucket_acl,
    ("PUT", ("encryption",)): bucket_settings.put_bucket_encryption,
    ("GET", ("encryption",)): bucket_settings.get_bucket_encryption,
    ("DELETE", ("encryption",)): bucket_settings.delete_bucket_encryption,
    ("PUT", ("lifecycle",)): bucket_settings.put_bucket_lifecycle,
    ("GET", ("lifecycle",)): bucket_settings.get_bucket_lifecycle,
    ("DELETE", ("lifecycle",)): bucket_settings.delete_bucket_lifecycle,
    ("PUT", ("versioning",)): bucket_settings.put_bucket_versioning,
    ("GET", ("versioning",)): bucket_settings.get_bucket_versioning,
    ("POST", ("worm",)): retention.initiate_bucket_worm,
    ("POST", ("wormId",)): retention.complete_bucket_worm,
    ("POST", ("wormExtend", "wormId")): retention.extend_bucket_worm,
    ("GET", ("worm",)): retention.get_bucket_worm,
    ("DELETE", ("worm",)): retention.abort_bucket_worm,
    ("POST", ("delete",)): objects.delete_multiple_objects,
    ("GET", ("uploads",)): multipart.list_multipart_uploads,
}
_OBJECT_OPERATIONS: _Table = {
    ("PUT", ()): objects.put_object,
    ("GET", ()): objects.get_object,
    ("HEAD", ()): objects.head_object,
    ("HEAD", ("objectMeta",)): objects.head_object,
    ("DELETE", ()): objects.delete_object,
    ("GET", ("acl",)): objects.get_object_acl,
    ("PUT", ("tagging",)): tagging.put_object_tagging,
    ("GET", ("tagging",)): tagging.get_object_tagging,
    ("DELETE", ("tagging",)): tagging.delete_object_tagging,
    ("PUT", ("partNumber", "uploadId")): multipart.refuse_upload_id,
    ("GET", ("uploadId",)): multipart.refuse_upload_id,
    ("POST", ("uploadId",)): multipart.refuse_upload_id,
    ("DELETE", ("uploadId",)): multipart.refuse_upload_id,
}


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
        return self._operation(request)(Call(request, caller, self._database, self._clock))

    def admit(self, request: Request, caller: Identity | None) -> None:
        """
        Let a request send its body, which is not read before.

        Raises:
            OssRefusal: its caller lacks the permission, or the target does not exist.
        """
        operation = self._operation(request)
        call = Call(request, caller, self._database, self._clock)
        if operation is buckets.put_bucket:
            buckets.require_creator(call)
            return
        with self._database.read() as session:
            if request.key or operation is objects.delete_multiple_objects:
                call.writable_bucket(session)
            elif request.bucket:
                call.owned_bucket(session)

    def _operation(self, request: Request) -> _Operation:
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
        return operation

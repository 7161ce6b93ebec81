"""
One call on the service: its request, who makes it, and which buckets and objects that caller may reach.

Every lookup refuses in the service's order: the bucket is missing, the endpoint is another region's, the caller has no
right, the object is missing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from provisioner.sandbox.oss.database import Bucket, Database, ObjectRow, Session
from provisioner.sandbox.oss.errors import OssRefusal, access_denied
from provisioner.sandbox.oss.messages import Identity, Request


@dataclass(frozen=True, slots=True)
class Call:
    """The input of an operation; `caller` is None for an unsigned request."""

    request: Request
    caller: Identity | None
    database: Database
    clock: Callable[[], float]

    def owned_bucket(self, session: Session) -> Bucket:
        """Return the bucket for an operation that only its owner may do."""
        bucket = self._bucket(session)
        if self.caller is None:
            raise access_denied("Anonymous user has no right to access this bucket.")
        if self.caller.account_id != bucket.owner:
            raise access_denied("The bucket you access does not belong to you.")
        return bucket

    def writable_bucket(self, session: Session) -> Bucket:
        """Return the bucket for an operation that changes its objects."""
        return self._bucket_open_to(session, "public-read-write")

    def listable_bucket(self, session: Session) -> Bucket:
        """Return the bucket for an operation that reads its objects."""
        return self._bucket_open_to(session, "public-read", "public-read-write")

    def readable_object(self, session: Session) -> ObjectRow:
        """Return the object for an operation that reads it."""
        self.listable_bucket(session)
        return self.existing_object(session)

    def existing_object(self, session: Session) -> ObjectRow:
        """Return the object; whether the caller may reach its bucket has been checked."""
        row = session.head(self.request.bucket, self.request.key)
        if row is None:
            raise OssRefusal(404, "NoSuchKey", "The specified key does not exist.", {"Key": self.request.key})
        return row

    def _bucket(self, session: Session) -> Bucket:
        bucket = session.bucket(self.request.bucket)
        if bucket is None:
            raise OssRefusal(404, "NoSuchBucket", "The specified bucket does not exist.", self.request.names)
        # The sandbox has one address for all regions; the region of a version 4 signature stands for the endpoint.
        if (
            self.caller is not None
            and self.caller.region is not None
            and bucket.location != f"oss-{self.caller.region}"
        ):
            raise OssRefusal(
                403,
                "AccessDenied",
                "The bucket you are attempting to access must be addressed using the specified endpoint. Please send "
                "all future requests to this endpoint.",
                {"Bucket": bucket.name, "Endpoint": f"{bucket.location}.aliyuncs.com"},
            )
        return bucket

    def _bucket_open_to(self, session: Session, *acls: str) -> Bucket:
        bucket = self._bucket(session)
        if bucket.acl not in acls and (self.caller is None or self.caller.account_id != bucket.owner):
            raise access_denied()
        return bucket

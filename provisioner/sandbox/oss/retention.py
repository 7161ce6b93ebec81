"""A bucket's retention policy (WORM): how it comes and goes, and which objects it protects."""

from __future__ import annotations

import secrets

from provisioner.sandbox.oss.call import Call
from provisioner.sandbox.oss.database import Bucket, ObjectRow
from provisioner.sandbox.oss.errors import OssRefusal, invalid_argument
from provisioner.sandbox.oss.messages import Request, Response, parse_xml, whole_number, xml_date, xml_response

_MAXIMUM_RETENTION_DAYS = 25_550
_DAY_SECONDS = 86_400


def initiate_bucket_worm(call: Call) -> Response:
    """Create a retention policy; it protects at once and expires after 24 hours unless completed."""
    days = _retention_days(call.request, "InitiateWormConfiguration")
    with call.database.change() as session:
        bucket = call.owned_bucket(session)
        if bucket.versioning:
            raise versioning_excluded(call.request)
        state = retention_state(bucket, call.clock())
        if state == "Locked":
            raise _locked()
        if state == "InProgress":
            raise OssRefusal(400, "InvalidWORMConfiguration", "The bucket already has a retention policy.")
        worm_id = secrets.token_hex(16).upper()
        session.set_bucket(
            call.request.bucket, worm_id=worm_id, worm_days=days, worm_locked=0, worm_created=call.clock()
        )
    return Response(headers={"x-oss-worm-id": worm_id})


def complete_bucket_worm(call: Call) -> Response:
    """Lock the retention policy for good."""
    with call.database.change() as session:
        bucket = call.owned_bucket(session)
        state = _state_of(call, bucket, call.request.query["wormId"])
        if state == "Locked":
            raise _locked()
        if state == "Expired":
            raise OssRefusal(400, "InvalidWORMConfiguration", "The retention policy has expired.")
        session.set_bucket(call.request.bucket, worm_locked=1)
    return Response()


def extend_bucket_worm(call: Call) -> Response:
    """Lengthen a locked retention policy."""
    days = _retention_days(call.request, "ExtendWormConfiguration")
    with call.database.change() as session:
        bucket = call.owned_bucket(session)
        state = _state_of(call, bucket, call.request.query["wormId"])
        if state != "Locked" or days < (bucket.worm_days or 0):
            raise OssRefusal(
                400,
                "InvalidWORMConfiguration",
                "Only a locked policy can be extended, and only to a longer period.",
            )
        session.set_bucket(call.request.bucket, worm_days=days)
    return Response()


def get_bucket_worm(call: Call) -> Response:
    """Return the retention policy."""
    with call.database.read() as session:
        bucket = call.owned_bucket(session)
    state = retention_state(bucket, call.clock())
    if state is None:
        raise _no_retention(call.request)
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


def abort_bucket_worm(call: Call) -> Response:
    """Remove a retention policy that is not locked."""
    with call.database.change() as session:
        bucket = call.owned_bucket(session)
        state = retention_state(bucket, call.clock())
        if state is None:
            raise _no_retention(call.request)
        if state == "Locked":
            raise _locked()
        session.set_bucket(call.request.bucket, worm_id=None, worm_days=None, worm_locked=None, worm_created=None)
    return Response(204)


def retention_state(bucket: Bucket, now: float) -> str | None:
    """Return the policy's state as the service names it; None when the bucket has no policy."""
    if bucket.worm_id is None:
        return None
    if bucket.worm_locked:
        return "Locked"
    return "InProgress" if now < (bucket.worm_created or 0) + _DAY_SECONDS else "Expired"


def is_protected(call: Call, bucket: Bucket, row: ObjectRow) -> bool:
    """Return whether the policy still forbids changing the object."""
    now = call.clock()
    if retention_state(bucket, now) not in ("InProgress", "Locked"):
        return False
    return row.created + (bucket.worm_days or 0) * _DAY_SECONDS > now


def check_mutable(call: Call, bucket: Bucket, row: ObjectRow) -> None:
    """
    Let an object be changed.

    Raises:
        OssRefusal: FileImmutable, the policy protects it.
    """
    if is_protected(call, bucket, row):
        raise OssRefusal(409, "FileImmutable", "The object you specified is immutable.", call.request.names)


def versioning_excluded(request: Request) -> OssRefusal:
    """Return the refusal of versioning under a policy, and of a policy under versioning."""
    return OssRefusal(409, "InvalidBucketState", "Versioning and a retention policy exclude each other.", request.names)


def _state_of(call: Call, bucket: Bucket, worm_id: str) -> str:
    state = retention_state(bucket, call.clock())
    if state is None or bucket.worm_id != worm_id:
        raise OssRefusal(404, "NoSuchWORMConfiguration", "The WORM configuration does not exist.")
    return state


def _retention_days(request: Request, root_tag: str) -> int:
    text = parse_xml(request.body, root_tag).findtext("RetentionPeriodInDays") or ""
    days = whole_number(text, 1, _MAXIMUM_RETENTION_DAYS)
    if days is None:
        raise invalid_argument("RetentionPeriodInDays", text)
    return days


def _locked() -> OssRefusal:
    return OssRefusal(403, "WORMConfigurationLocked", "The WORM configuration is locked.")


def _no_retention(request: Request) -> OssRefusal:
    return OssRefusal(404, "NoSuchWORMConfiguration", "The WORM configuration does not exist.", request.names)

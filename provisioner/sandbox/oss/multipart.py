"""Answers about multipart uploads: none can be started, so none exists."""

from __future__ import annotations

from provisioner.sandbox.oss.call import Call
from provisioner.sandbox.oss.errors import OssRefusal, invalid_argument
from provisioner.sandbox.oss.messages import Response, whole_number, xml_response

_MAXIMUM_UPLOADS = 1000
_MAXIMUM_PART_NUMBER = 10_000


def list_multipart_uploads(call: Call) -> Response:
    """Return the uploads under way: always none."""
    asked = call.request.query.get("max-uploads", "") or str(_MAXIMUM_UPLOADS)
    most = whole_number(asked, 1, _MAXIMUM_UPLOADS)
    if most is None:
        raise invalid_argument("max-uploads", asked)
    with call.database.read() as session:
        call.owned_bucket(session)
    return xml_response(
        "ListMultipartUploadsResult",
        [
            ("Bucket", call.request.bucket),
            ("KeyMarker", ""),
            ("UploadIdMarker", ""),
            ("NextKeyMarker", ""),
            ("NextUploadIdMarker", ""),
            ("MaxUploads", str(most)),
            ("IsTruncated", "false"),
        ],
    )


def refuse_upload_id(call: Call) -> Response:
    """Refuse to continue, list, complete or abort an upload, since none exists."""
    part = call.request.query.get("partNumber", "1")
    if whole_number(part, 1, _MAXIMUM_PART_NUMBER) is None:
        message = "Part number must be an integer between 1 and 10000, inclusive."
        raise invalid_argument("partNumber", part, message)
    with call.database.read() as session:
        call.writable_bucket(session)
    raise OssRefusal(404, "NoSuchUpload", "The specified upload does not exist.", call.request.names)

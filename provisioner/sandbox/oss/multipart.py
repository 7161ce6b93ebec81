"""What is answered about multipart uploads: none can be started, so none exists."""

from __future__ import annotations

from provisioner.sandbox.oss.call import Call
from provisioner.sandbox.oss.errors import OssRefusal
from provisioner.sandbox.oss.messages import Response, xml_response

_MAXIMUM_UPLOADS = 1000


def list_multipart_uploads(call: Call) -> Response:
    """Return the uploads under way: always none."""
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
            ("MaxUploads", str(_MAXIMUM_UPLOADS)),
            ("IsTruncated", "false"),
        ],
    )


def refuse_upload_id(call: Call) -> Response:
    """Refuse to continue, list, complete or abort an upload, since none exists."""
    with call.database.read() as session:
        call.writable_bucket(session)
    raise OssRefusal(404, "NoSuchUpload", "The specified upload does not exist.", call.request.names)

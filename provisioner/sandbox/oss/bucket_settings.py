"""Reading and changing one setting of a bucket: its ACL, encryption, lifecycle rules or versioning."""

from __future__ import annotations

from xml.etree import ElementTree

from provisioner.sandbox.oss.call import Call
from provisioner.sandbox.oss.errors import OssRefusal, invalid_argument, malformed_xml
from provisioner.sandbox.oss.messages import Response, parse_xml, xml_owner, xml_response
from provisioner.sandbox.oss.retention import retention_state, versioning_excluded

ACLS = ("private", "public-read", "public-read-write")
_SSE_ALGORITHMS = ("AES256", "KMS", "SM4")
_MAXIMUM_RULES = 1000
_LIFECYCLE_ACTIONS = (
    "Expiration",
    "Transition",
    "AbortMultipartUpload",
    "NoncurrentVersionExpiration",
    "NoncurrentVersionTransition",
)


def put_bucket_acl(call: Call) -> Response:
    """Change who may read and write the bucket's objects."""
    acl = call.request.headers.get("x-oss-acl", "")
    if acl not in ACLS:
        raise invalid_argument("x-oss-acl", acl)
    return _set_bucket(call, acl=acl)


def get_bucket_acl(call: Call) -> Response:
    """Return who may read and write the bucket's objects."""
    with call.database.read() as session:
        bucket = call.owned_bucket(session)
    return xml_response(
        "AccessControlPolicy",
        [("Owner", xml_owner(bucket.owner)), ("AccessControlList", [("Grant", bucket.acl)])],
    )


def put_bucket_encryption(call: Call) -> Response:
    """Set how new objects are encrypted."""
    root = parse_xml(call.request.body, "ServerSideEncryptionRule")
    algorithm = root.findtext("ApplyServerSideEncryptionByDefault/SSEAlgorithm")
    if algorithm is None:
        raise malformed_xml()
    if algorithm not in _SSE_ALGORITHMS:
        raise OssRefusal(400, "InvalidEncryptionAlgorithmError", "The encryption algorithm is not supported.")
    return _set_bucket(call, encryption=algorithm)


def get_bucket_encryption(call: Call) -> Response:
    """Return how new objects are encrypted."""
    with call.database.read() as session:
        bucket = call.owned_bucket(session)
    if bucket.encryption is None:
        raise OssRefusal(
            404,
            "NoSuchServerSideEncryptionRule",
            "The server side encryption configuration does not exist.",
            call.request.names,
        )
    return xml_response(
        "ServerSideEncryptionRule", [("ApplyServerSideEncryptionByDefault", [("SSEAlgorithm", bucket.encryption)])]
    )


def delete_bucket_encryption(call: Call) -> Response:
    """Stop encrypting new objects."""
    return _set_bucket(call, 204, encryption=None)


def put_bucket_lifecycle(call: Call) -> Response:
    """Replace the lifecycle rules."""
    root = parse_xml(call.request.body, "LifecycleConfiguration")
    rules = root.findall("Rule")
    if not 0 < len(rules) <= _MAXIMUM_RULES:
        raise malformed_xml("A lifecycle configuration has 1 to 1000 rules.")
    for rule in rules:
        has_action = any(rule.find(action) is not None for action in _LIFECYCLE_ACTIONS)
        if rule.findtext("Status") not in ("Enabled", "Disabled") or rule.find("Prefix") is None or not has_action:
            raise malformed_xml("A lifecycle rule needs Prefix, Status and at least one action.")
    try:
        text = call.request.body.decode()
    except UnicodeDecodeError:  # another encoding, as the document says
        text = ElementTree.tostring(root, encoding="unicode")
    return _set_bucket(call, lifecycle=text)


def get_bucket_lifecycle(call: Call) -> Response:
    """Return the lifecycle rules."""
    with call.database.read() as session:
        bucket = call.owned_bucket(session)
    if bucket.lifecycle is None:
        raise OssRefusal(404, "NoSuchLifecycle", "No Row found in Lifecycle Table.", call.request.names)
    return Response(headers={"Content-Type": "application/xml"}, body=bucket.lifecycle.encode())


def delete_bucket_lifecycle(call: Call) -> Response:
    """Remove the lifecycle rules."""
    return _set_bucket(call, 204, lifecycle=None)


def put_bucket_versioning(call: Call) -> Response:
    """Enable or suspend versioning; it cannot be taken back to "never configured"."""
    status = parse_xml(call.request.body, "VersioningConfiguration").findtext("Status")
    if status not in ("Enabled", "Suspended"):
        raise malformed_xml()
    with call.database.change() as session:
        bucket = call.owned_bucket(session)
        if retention_state(bucket, call.clock()) in ("InProgress", "Locked"):
            raise versioning_excluded(call.request)
        session.set_bucket(call.request.bucket, versioning=status)
    return Response()


def get_bucket_versioning(call: Call) -> Response:
    """Return the versioning status; without an element when it was never configured."""
    with call.database.read() as session:
        bucket = call.owned_bucket(session)
    return xml_response("VersioningConfiguration", [("Status", bucket.versioning)] if bucket.versioning else "")


def _set_bucket(call: Call, status: int = 200, **columns: str | None) -> Response:
    with call.database.change() as session:
        call.owned_bucket(session)
        session.set_bucket(call.request.bucket, **columns)
    return Response(status)

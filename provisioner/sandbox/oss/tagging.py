"""Reading and changing an object's tags, and which tags it may have."""

from __future__ import annotations

from provisioner.sandbox.oss.call import Call
from provisioner.sandbox.oss.errors import OssRefusal
from provisioner.sandbox.oss.messages import Response, parse_xml, xml_response

_MAXIMUM_TAGS = 10


def put_object_tagging(call: Call) -> Response:
    """Replace an object's tags; allowed under retention too."""
    root = parse_xml(call.request.body, "Tagging")
    pairs = [(tag.findtext("Key") or "", tag.findtext("Value") or "") for tag in root.findall("TagSet/Tag")]
    tags = tags_of(pairs)
    with call.database.change() as session:
        call.writable_bucket(session)
        call.existing_object(session)
        session.set_tags(call.request.bucket, call.request.key, tags)
    return Response()


def get_object_tagging(call: Call) -> Response:
    """Return an object's tags."""
    with call.database.read() as session:
        row = call.readable_object(session)
    tags = [("Tag", [("Key", key), ("Value", value)]) for key, value in sorted(row.tags.items())]
    return xml_response("Tagging", [("TagSet", tags)])


def delete_object_tagging(call: Call) -> Response:
    """Remove an object's tags."""
    with call.database.change() as session:
        call.writable_bucket(session)
        call.existing_object(session)
        session.set_tags(call.request.bucket, call.request.key, {})
    return Response(204)


def tags_of(pairs: list[tuple[str, str]]) -> dict[str, str]:
    """
    Return the tags by key.

    Raises:
        OssRefusal: InvalidTag, there are too many, or a key is empty or there twice.
    """
    if len(pairs) > _MAXIMUM_TAGS or any(not key for key, _ in pairs) or len({key for key, _ in pairs}) < len(pairs):
        raise OssRefusal(400, "InvalidTag", "An object has at most 10 tags with distinct keys.")
    return dict(pairs)

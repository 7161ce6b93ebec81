"""Tags of RAM roles (Ram 2015-05-01), which takes names and tags as JSON documents and shows tags as a plain list."""

from __future__ import annotations

from provisioner.sandbox.actions.ram.role import find_role, json_tags, missing_role
from provisioner.sandbox.actions.tagging import check_tags
from provisioner.sandbox.cloud import ActionError
from provisioner.sandbox.cloud.call import Answer, Call
from provisioner.sandbox.cloud.resource import Resource


def tag_resources(call: Call) -> Answer:
    """Add tags to roles."""
    roles, tags = _named(call), json_tags(call)
    if not tags:
        call.params.required("Tag")
        raise call.params.invalid("Tag")
    for role in roles:
        merged = {**role.document["Tags"], **tags}
        check_tags(merged)
        role.document["Tags"] = merged
        call.tx.update(role)
    return {}


def untag_resources(call: Call) -> Answer:
    """Take tags from roles."""
    keys = {*call.params.texts("TagKey"), *call.params.json_texts("TagKeys")}
    for role in _named(call):
        tags = role.document["Tags"]
        everything = call.params.boolean("All") and not keys
        role.document["Tags"] = {} if everything else {key: tags[key] for key in tags if key not in keys}
        call.tx.update(role)
    return {}


def list_tag_resources(call: Call) -> Answer:
    """Return the tags of roles."""
    rows = [
        {"ResourceType": "role", "ResourceName": role.name, "TagKey": key, "TagValue": value}
        for role in _named(call)
        for key, value in role.document["Tags"].items()
    ]
    return {"TagResources": rows, "IsTruncated": False}


def _named(call: Call) -> list[Resource]:
    """Return the roles the call names or refuse."""
    if call.params.required("ResourceType").lower() != "role":
        raise ActionError("InvalidParameter.ResourceType", 'The parameter - "ResourceType" is incorrect.')
    call.params.required("ResourceNames")
    names = call.params.json_texts("ResourceNames")
    if not names:
        raise call.params.invalid("ResourceNames")
    roles = [find_role(call, name) for name in names]
    if None in roles:
        raise missing_role()
    return [role for role in roles if role is not None]


READS = {"ListTagResources": list_tag_resources}
WRITES = {"TagResources": tag_resources, "UntagResources": untag_resources}

"""
Tags: one set of rules, three services' spellings.

Vpc says `UnTagResources`, Ecs and Ess `UntagResources`; Vpc objects show `Key`/`Value`, most others
`TagKey`/`TagValue`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from provisioner.sandbox.cloud import ActionError
from provisioner.sandbox.cloud.call import Answer, Call
from provisioner.sandbox.cloud.resource import Resource

_MOST_TAGS = 20
_LONGEST = 128

VPC_KINDS = {
    "VPC": "vpc",
    "VSWITCH": "vswitch",
    "NATGATEWAY": "nat_gateway",
    "EIP": "eip",
    "ROUTETABLE": "route_table",
    "IPV6GATEWAY": "ipv6_gateway",
}
ECS_KINDS = {
    "securitygroup": "security_group",
    "keypair": "key_pair",
    "instance": "instance",
    "image": "image",
    "launchtemplate": "launch_template",
}
ESS_KINDS = {"scalinggroup": "scaling_group"}
SLB_KINDS = {"instance": "load_balancer", "vservergroup": "vserver_group"}

PROPAGATED = "PropagatedTags"
"""Key in a scaling group's document: the keys of those of its tags that its new instances get."""


def check_tags(tags: dict[str, str]) -> None:
    """Refuse tags whose key or value the services do not take, or too many of them."""
    if len(tags) > _MOST_TAGS:
        raise ActionError("NumberExceed.Tags", "The maximum number of tags is exceeded.")
    for key, value in tags.items():
        if len(key) > _LONGEST or key.lower().startswith(("aliyun", "acs:", "http://", "https://")):
            raise ActionError("InvalidTagKey.Malformed", "The specified Tag.n.Key is not valid.")
        if len(value) > _LONGEST or "http://" in value or "https://" in value:
            raise ActionError("InvalidTagValue.Malformed", "The specified Tag.n.Value is not valid.")


def new_tags(call: Call) -> dict[str, str]:
    """Return the tags a create call carries or refuse them."""
    tags = call.params.tags()
    check_tags(tags)
    return tags


def show_tags(resource: Resource, key: str = "TagKey", value: str = "TagValue") -> list[dict[str, str]]:
    """Return a resource's tags in the service's spelling."""
    tags: dict[str, str] = resource.document.get("Tags", {})
    return [{key: name, value: text} for name, text in tags.items()]


def matches_tags(call: Call, resource: Resource) -> bool:
    """Return whether a resource has every tag the call filters by; a filter without a value matches any value."""
    tags: dict[str, str] = resource.document.get("Tags", {})
    return all(name in tags and value in ("", tags[name]) for name, value in call.params.tags().items())


def tag_resources(kinds: dict[str, str]) -> Callable[[Call], Answer]:
    """Return the TagResources of a service with these resource types."""

    def run(call: Call) -> Answer:
        resources = _named(call, kinds)
        tags = call.params.tags()
        if not tags:
            raise ActionError("MissingTagKey", "Tag.N.Key is mandatory for this action.")
        for resource in resources:
            merged = {**resource.document.get("Tags", {}), **tags}
            check_tags(merged)
            resource.document["Tags"] = merged
            if resource.kind == "scaling_group":
                propagate_tags(call, resource.document)
            call.tx.update(resource)
        return {}

    return run


def propagate_tags(call: Call, document: dict[str, Any]) -> None:
    """Note which of the tags sent the new instances of a scaling group get as well."""
    sent = {tag.required("Key"): tag.boolean("Propagate") for tag in call.params.structures("Tag")}
    kept = [key for key in document.get(PROPAGATED, []) if key not in sent]
    document[PROPAGATED] = [*kept, *(key for key, propagates in sent.items() if propagates)]


def untag_resources(kinds: dict[str, str]) -> Callable[[Call], Answer]:
    """Return the UntagResources of a service with these resource types."""

    def run(call: Call) -> Answer:
        resources = _named(call, kinds)
        keys = set(call.params.texts("TagKey"))
        everything = call.params.boolean("All") and not keys
        for resource in resources:
            tags: dict[str, str] = resource.document.get("Tags", {})
            kept = {} if everything else {key: value for key, value in tags.items() if key not in keys}
            resource.document["Tags"] = kept
            call.tx.update(resource)
        return {}

    return run


def list_tag_resources(kinds: dict[str, str]) -> Callable[[Call], Answer]:
    """Return the ListTagResources of a service with these resource types."""

    def run(call: Call) -> Answer:
        resource_type = call.params.required("ResourceType")
        kind = _kind(call, kinds)
        ids = set(call.params.texts("ResourceId"))
        if not ids and not call.params.tags():
            raise ActionError("MissingResourceId", "ResourceId.N or Tag.N is mandatory for this action.")
        rows = [
            {"ResourceId": resource.id, "ResourceType": resource_type, "TagKey": key, "TagValue": value}
            for resource in call.list(kind)
            if (not ids or resource.id in ids) and matches_tags(call, resource)
            for key, value in resource.document.get("Tags", {}).items()
        ]
        return {"TagResources": {"TagResource": rows}, "NextToken": ""}

    return run


def _kind(call: Call, kinds: dict[str, str]) -> str:
    resource_type = call.params.required("ResourceType")
    by_lower = {name.lower(): kind for name, kind in kinds.items()}
    kind = by_lower.get(resource_type.lower())
    if kind is None:
        raise ActionError(
            "InvalidResourceType.NotFound", "The ResourceType provided does not exist in our records.", 404
        )
    return kind


def _named(call: Call, kinds: dict[str, str]) -> list[Resource]:
    kind = _kind(call, kinds)
    ids = call.params.texts("ResourceId")
    if not ids:
        raise ActionError("MissingResourceId", "ResourceId.N is mandatory for this action.")
    missing = ActionError("InvalidResourceId.NotFound", "The specified ResourceIds are not found in our records.", 404)
    return [call.get(kind, id, missing) for id in ids]

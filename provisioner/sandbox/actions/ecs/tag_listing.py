"""DescribeTags (Ecs 2014-05-26): the tags in use, and on how many resources of which type each is."""

from __future__ import annotations

from collections import Counter
from typing import Any

from provisioner.sandbox.actions.paging import answer_page
from provisioner.sandbox.actions.tagging import ECS_KINDS, matches_tags
from provisioner.sandbox.cloud import ActionError
from provisioner.sandbox.cloud.call import Answer, Call

# Type: what the answer calls its count.
_COUNTS = {
    "instance": "Instance",
    "image": "Image",
    "securitygroup": "Securitygroup",
    "keypair": "KeyPair",
    "launchtemplate": "LaunchTemplate",
}
# Types whose resources are not simulated or have no tags of their own here.
_WITHOUT_TAGS = {"disk": "Disk", "volume": "Volume", "snapshot": "Snapshot", "eni": "Eni", "ddh": "Ddh"}


def describe_tags(call: Call) -> Answer:
    """Return the tags of resources, filtered by their type, one resource's id and tags."""
    _ = call.region
    params = call.params
    wanted_type, wanted_id = params.text("ResourceType").lower(), params.text("ResourceId")
    if wanted_type not in ("", *_COUNTS, *_WITHOUT_TAGS):
        raise ActionError(
            "InvalidResourceType.NotFound", "The ResourceType provided does not exist in our records.", 404
        )
    counted: dict[tuple[str, str], Counter[str]] = {}
    for resource_type, name in _COUNTS.items():
        if wanted_type not in ("", resource_type):
            continue
        for resource in call.list(ECS_KINDS[resource_type]):
            if wanted_id in ("", resource.id) and matches_tags(call, resource):
                for tag in resource.document.get("Tags", {}).items():
                    counted.setdefault(tag, Counter())[name] += 1

    def show(tag: tuple[str, str]) -> dict[str, Any]:
        counts = {name: counted[tag][name] for name in (*_COUNTS.values(), *_WITHOUT_TAGS.values())}
        return {"TagKey": tag[0], "TagValue": tag[1], "ResourceTypeCount": counts}

    return answer_page(call, sorted(counted), show, "Tags", "Tag", largest=100, default=50)


READS = {"DescribeTags": describe_tags}

"""
Launch templates (Ecs 2014-05-26); their versions are in `launch_template_version`.

As in ECS nothing that a template names has to exist until an instance is started from it.
"""

from __future__ import annotations

from typing import Any

from provisioner.sandbox.actions.ecs.launch_template_data import checked_data, flatten_data
from provisioner.sandbox.actions.naming import check_description, check_name
from provisioner.sandbox.actions.paging import answer_page
from provisioner.sandbox.actions.tagging import check_tags, show_tags
from provisioner.sandbox.cloud import ActionError
from provisioner.sandbox.cloud.call import Answer, Call, timestamp
from provisioner.sandbox.cloud.resource import Resource


def create_launch_template(call: Call) -> Answer:
    """Create a template under a name that is unique in the region, with its first version."""
    region = call.region
    params = call.params
    name = params.required("LaunchTemplateName")
    malformed = ActionError(
        "InvalidLaunchTemplateName.Malformed", "The specified parameter LaunchTemplateName is not valid."
    )
    check_name(name, malformed, shortest=2, extra=":_-")
    tags = params.tags("TemplateTag")
    check_tags(tags)
    data = checked_data(call)
    if call.list("launch_template", name=name):
        raise ActionError(
            "LaunchTemplateName.Duplicated", f'The specified LaunchTemplateName "{name}" already exist.', 403
        )
    call.check_quota(
        "launch_template",
        call.tx.count("launch_template", account=call.account, region=region),
        ActionError("LaunchTemplateLimitExceed", "The maximum number of templates is exceeded.", 403),
    )
    document = {
        "DefaultVersion": 1,
        "LatestVersion": 1,
        "ModifiedAt": call.now,
        "ResourceGroupId": params.text("TemplateResourceGroupId"),
        "Tags": tags,
    }
    template_id = call.new_id("lt", region)
    template = call.create("launch_template", template_id, region=region, name=name, document=document)
    add_version(call, template, 1, data)
    return {"LaunchTemplateId": template_id, "LaunchTemplateVersionNumber": 1}


def describe_launch_templates(call: Call) -> Answer:
    """Return templates, filtered by ids, names, resource group and tags."""
    _ = call.region
    params = call.params
    ids, names = set(params.texts("LaunchTemplateId")), set(params.texts("LaunchTemplateName"))
    tags = params.tags("TemplateTag")
    found = [
        template
        for template in call.list("launch_template")
        if (not ids or template.id in ids)
        and (not names or template.name in names)
        and params.text("TemplateResourceGroupId") in ("", template.document["ResourceGroupId"])
        and all(value in ("", template.document["Tags"].get(key)) for key, value in tags.items())
        and tags.keys() <= template.document["Tags"].keys()
    ]
    return answer_page(call, found, _show, "LaunchTemplateSets", "LaunchTemplateSet")


def modify_launch_template_default_version(call: Call) -> Answer:
    """Decide which version is used when none is named."""
    template = get_launch_template(call)
    call.params.required("DefaultVersionNumber")
    number = call.params.integer("DefaultVersionNumber")
    template.document["DefaultVersion"] = get_version(call, template, str(number)).document["Number"]
    template.document["ModifiedAt"] = call.now
    call.tx.update(template)
    return {"LaunchTemplateId": template.id}


def delete_launch_template(call: Call) -> Answer:
    """Delete a template with all its versions; what was started from it stays."""
    template = get_launch_template(call)
    numbers = [version.document["Number"] for version in versions_of(call, template)]
    call.tx.remove([*versions_of(call, template), template])
    return {"LaunchTemplateId": template.id, "LaunchTemplateVersionNumbers": {"versionNumbers": numbers}}


def get_launch_template(call: Call) -> Resource:
    """Return the template the call names by id or name or refuse; no action of its own."""
    id, name = call.params.text("LaunchTemplateId"), call.params.text("LaunchTemplateName")
    if not id and not name:
        raise ActionError(
            "MissingParameter",
            'The input parameter "LaunchTemplateId" that is mandatory for processing this request is not supplied.',
        )
    found = call.find("launch_template", id) if id else next(iter(call.list("launch_template", name=name)), None)
    if found is None:
        raise ActionError("InvalidLaunchTemplate.NotFound", "The specified LaunchTemplate is not found.", 404)
    return found


def versions_of(call: Call, template: Resource) -> list[Resource]:
    """Return a template's versions, oldest first; no action of its own."""
    return call.tx.select("launch_template_version", parent=template.id, account=call.account)


def get_version(call: Call, template: Resource, number: str) -> Resource:
    """Return one version of a template or refuse; no action of its own."""
    for version in versions_of(call, template):
        if number == str(version.document["Number"]):
            return version
    raise ActionError(
        "InvalidLaunchTemplateVersion.NotFound",
        f'The specified LaunchTemplateId "{template.id}" Version "{number}" is not found.',
        404,
    )


def add_version(call: Call, template: Resource, number: int, data: dict[str, Any]) -> None:
    """Give a template another version with what the call describes; no action of its own."""
    description = call.params.text("VersionDescription")
    malformed = ActionError(
        "InvalidDescription.Malformed", 'The specified parameter "VersionDescription" is not valid.'
    )
    check_description(description, malformed, shortest=2)
    call.create(
        "launch_template_version",
        f"{template.id}/{number}",
        region=template.region,
        parent=template.id,
        document={"Number": number, "Description": description, "Data": data},
    )


def launch_parameters(call: Call) -> dict[str, str]:
    """Return the parameters that the template a RunInstances names gives, none without one; no action of its own."""
    if "LaunchTemplateId" not in call.params and "LaunchTemplateName" not in call.params:
        return {}
    template = get_launch_template(call)
    number = call.params.text("LaunchTemplateVersion") or str(template.document["DefaultVersion"])
    return flatten_data(call, get_version(call, template, number).document["Data"])


def _show(template: Resource) -> dict[str, Any]:
    document = template.document
    return {
        "LaunchTemplateId": template.id,
        "LaunchTemplateName": template.name,
        "DefaultVersionNumber": document["DefaultVersion"],
        "LatestVersionNumber": document["LatestVersion"],
        "CreatedBy": template.account,
        "CreateTime": timestamp(template.created_at),
        "ModifiedTime": timestamp(document["ModifiedAt"]),
        "ResourceGroupId": document["ResourceGroupId"],
        "Tags": {"Tag": show_tags(template)},
    }


READS = {"DescribeLaunchTemplates": describe_launch_templates}
WRITES = {
    "CreateLaunchTemplate": create_launch_template,
    "ModifyLaunchTemplateDefaultVersion": modify_launch_template_default_version,
    "DeleteLaunchTemplate": delete_launch_template,
}

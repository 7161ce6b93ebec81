"""The versions of launch templates (Ecs 2014-05-26): they are added and removed, never changed."""

from __future__ import annotations

from typing import Any

from provisioner.sandbox.actions.ecs.launch_template import (
    add_version,
    get_launch_template,
    get_version,
    versions_of,
)
from provisioner.sandbox.actions.ecs.launch_template_data import checked_data, show_data
from provisioner.sandbox.actions.paging import answer_page
from provisioner.sandbox.cloud import ActionError
from provisioner.sandbox.cloud.call import Answer, Call, timestamp
from provisioner.sandbox.cloud.resource import Resource


def create_launch_template_version(call: Call) -> Answer:
    """Add a version; its number is one more than that of the newest one there ever was."""
    template = get_launch_template(call)
    data = checked_data(call)
    call.check_quota(
        "launch_template_version",
        len(versions_of(call, template)),
        ActionError("LaunchTemplateVersionLimitExceed", "The maximum number of template versions is exceeded.", 403),
    )
    number: int = template.document["LatestVersion"] + 1
    add_version(call, template, number, data)
    template.document.update(LatestVersion=number, ModifiedAt=call.now)
    call.tx.update(template)
    return {"LaunchTemplateId": template.id, "LaunchTemplateVersionNumber": number}


def describe_launch_template_versions(call: Call) -> Answer:
    """Return a template's versions, newest first, filtered by number and by whether one is the default."""
    _ = call.region
    template = get_launch_template(call)
    numbers = set(call.params.texts("LaunchTemplateVersion"))
    default = template.document["DefaultVersion"]
    found = [
        version
        for version in reversed(versions_of(call, template))
        if (not numbers or str(version.document["Number"]) in numbers)
        and (not call.params.boolean("DefaultVersion") or version.document["Number"] == default)
    ]

    def show(version: Resource) -> dict[str, Any]:
        return {
            "LaunchTemplateId": template.id,
            "LaunchTemplateName": template.name,
            "VersionNumber": version.document["Number"],
            "VersionDescription": version.document["Description"],
            "DefaultVersion": version.document["Number"] == default,
            "CreatedBy": version.account,
            "CreateTime": timestamp(version.created_at),
            "ModifiedTime": timestamp(version.created_at),
            "LaunchTemplateData": show_data(call, version.document["Data"]),
        }

    return answer_page(call, found, show, "LaunchTemplateVersionSets", "LaunchTemplateVersionSet")


def delete_launch_template_version(call: Call) -> Answer:
    """Delete versions, all or none; the default one stays as long as its template."""
    template = get_launch_template(call)
    numbers = call.params.texts("DeleteVersion")
    if not numbers:
        call.params.required("DeleteVersion.1")
    versions = [get_version(call, template, number) for number in numbers]
    if any(version.document["Number"] == template.document["DefaultVersion"] for version in versions):
        raise ActionError("InvalidParameter", "The default version of a launch template cannot be deleted.")
    call.tx.remove(versions)
    deleted = [
        {"LaunchTemplateId": template.id, "LaunchTemplateVersionNumber": version.document["Number"]}
        for version in versions
    ]
    return {"LaunchTemplateVersions": {"LaunchTemplateVersion": deleted}}


READS = {"DescribeLaunchTemplateVersions": describe_launch_template_versions}
WRITES = {
    "CreateLaunchTemplateVersion": create_launch_template_version,
    "DeleteLaunchTemplateVersion": delete_launch_template_version,
}

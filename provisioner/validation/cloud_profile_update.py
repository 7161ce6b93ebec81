"""
Changes of a CloudProfile: all are allowed, but shoots can lose images that they use.

Source: gardener plugin/pkg/shoot/validator/admission.go: a pool keeps a version that left the CloudProfile, and the
provider's controller keeps the image id in use, read 2026-11.
"""

from __future__ import annotations

from collections.abc import Iterator

from provisioner.api.alicloud_v1alpha1 import CloudProfileConfig
from provisioner.api.text import show, show_name
from provisioner.errors import Problem
from provisioner.validation.cloud_profile import ProfileSubject
from provisioner.validation.findings import Change, Rule

ProfileChange = Change[ProfileSubject]


def check_versions_in_use(change: ProfileChange) -> Iterator[Problem]:
    """Yield a problem for each image id that goes while a pool uses its version in that region."""
    old, new = (_mapped(item.profile.spec.provider_config) for item in (change.old, change.new))
    for use in change.new.uses:
        wanted = (use.image, use.version, use.region)
        if wanted in old and wanted not in new:
            detail = f"version {show(use.version)} of machine image {show(use.image)} has no image id in region"
            detail += f" {show_name(use.region)} any more, and {use.where} uses it"
            fix = "keep it until no pool uses it"
            yield change.problem("spec.providerConfig.machineImages", "Forbidden", detail, fix)


def _mapped(config: CloudProfileConfig | None) -> set[tuple[str, str, str]]:
    """Return name, version and region of each image id in a mapping."""
    return {
        (image.name, version.version, region.name)
        for image in (config.machine_images if config else ())
        for version in image.versions
        for regions in (version.regions, *(flavor.regions for flavor in version.capability_flavors))
        for region in regions
    }


PROFILE_UPDATE_RULES: tuple[Rule[ProfileChange], ...] = (
    # A CloudProfile may change; Gardener keeps the image of a running shoot in the shoot's status.
    Rule(check_versions_in_use, in_schema="before", is_beyond_gardener=True),
)

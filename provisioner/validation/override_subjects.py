"""Makes the subjects of the rules for NamespacedCloudProfiles. Only an input that has one imports this."""

from __future__ import annotations

from provisioner.api.collection import Manifests
from provisioner.api.core_v1beta1.namespaced_cloud_profile import NamespacedCloudProfile
from provisioner.validation.cloud_profile import ProfileConfigSubject
from provisioner.validation.namespaced_cloud_profile import NamespacedProfileSubject


def namespaced_profile_subject(manifests: Manifests, item: NamespacedCloudProfile) -> NamespacedProfileSubject:
    """Return a NamespacedCloudProfile; a status says that it exists. It is compared with a parent that is all read."""
    parent = manifests.parent_of(item)
    return NamespacedProfileSubject(
        label=item.reference,
        is_new=item.status is None,
        item=item,
        parent=None if parent is None or manifests.unread.is_in(parent.reference, "spec") else parent,
        is_known=manifests.effective_profile(item) is not None or manifests.unread.may_have("CloudProfile"),
        known_parents=tuple(profile.metadata.name for profile in manifests.cloud_profiles),
    )


def override_config(manifests: Manifests, item: NamespacedCloudProfile) -> ProfileConfigSubject | None:
    """Return the mapping in a NamespacedCloudProfile; None when it has none."""
    config = item.spec.provider_config
    if config is None:
        return None
    profile = manifests.effective_profile(item)
    return ProfileConfigSubject(item.reference, item.status is None, "spec.providerConfig.", config, profile, True)

"""
The images in the extension's component configuration, which held image ids before CloudProfileConfig.

Only the take-over of an old installation reads it.
"""

from __future__ import annotations

from pydantic import Field

from provisioner.api.alicloud_v1alpha1 import (
    API_VERSION,
    CloudProfileConfig,
    MachineImages,
    MachineImageVersion,
    RegionImage,
)
from provisioner.api.model import Items, StrictModel, Text, TolerantModel
from provisioner.ids import RegionId


class ComponentRegionImage(StrictModel):
    """A region's image id in the old component configuration; note the other key names than in `RegionImage`."""

    region: RegionId
    """Region."""
    image_id: str = Field(alias="imageID")
    """Image id in that region."""


class ComponentMachineImage(StrictModel):
    """One image version in the old component configuration (before CloudProfileConfig had regions)."""

    name: str
    """Name of the machine image."""
    version: Text
    """Version of the machine image."""
    regions: Items[ComponentRegionImage] = ()
    """Image id per region."""


class ImageOwnerSecret(StrictModel):
    """Credentials of the account that owns customised images, as Helm values."""

    name: str = "machine-image-owner"
    """Name of the Secret made from it."""
    access_key_id: str = Field(alias="accessKeyID", repr=False)
    """Access key id, base64."""
    access_key_secret: str = Field(alias="accessKeySecret", repr=False)
    """Access key secret, base64."""


class ComponentConfig(TolerantModel):
    """
    The `values.config` of the extension's ControllerRegistration, as far as images are concerned.

    Source: gardener-extensions 0.13 to v1.1.1; the operations document still shows it.
    """

    machine_images: Items[ComponentMachineImage] = ()
    """Image ids by name, version and region, in the shape that came before CloudProfileConfig."""
    machine_image_owner_secret: ImageOwnerSecret | None = None
    """Credentials of the account that shares its images."""
    to_be_shared_image_ids: Items[str] = Field(default=(), alias="toBeSharedImageIDs")
    """Images to share with the shoot's account; all others are taken to be visible."""

    def cloud_profile_config(self) -> CloudProfileConfig:
        """Return the same mapping as a CloudProfileConfig; names and versions keep their order of first appearance."""
        versions: dict[str, dict[str, list[RegionImage]]] = {}
        for image in self.machine_images:
            regions = versions.setdefault(image.name, {}).setdefault(image.version, [])
            regions.extend(RegionImage(name=region.region, id=region.image_id) for region in image.regions)
        return CloudProfileConfig(
            api_version=API_VERSION,
            kind="CloudProfileConfig",
            machine_images=tuple(
                MachineImages(
                    name=name,
                    versions=tuple(
                        MachineImageVersion(version=version, regions=tuple(regions))
                        for version, regions in by_version.items()
                    ),
                )
                for name, by_version in versions.items()
            ),
        )

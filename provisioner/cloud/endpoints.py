"""The public hosts of Alibaba Cloud. Only this module builds one, because it checks the region in the name."""

from __future__ import annotations

from typing import Final, Literal

from provisioner.errors import ManifestError
from provisioner.ids import RegionId, is_region

Product = Literal["ecs", "ess", "quotas", "resourcemanager", "slb", "sts", "vpc"]
"""A product with an OpenAPI that is called here."""

_CENTRAL_REGIONS: Final = frozenset(
    {
        "ap-southeast-1", "cn-beijing", "cn-hangzhou", "cn-hongkong", "cn-qingdao", "cn-shanghai", "cn-shenzhen",
        "us-east-1", "us-west-1",
        "cn-hangzhou-finance", "cn-north-2-gov-1", "cn-shanghai-finance-1", "cn-shenzhen-finance-1",
    }
)  # fmt: skip
"""
Regions that Auto Scaling and SLB serve at their central endpoints.

Source: the endpoint tables of alibabacloud-ess20220222 1.13 and alibabacloud-slb20140515 3.3, read 2026-11.
"""
_CENTRAL_PRODUCTS: Final = ("ess", "slb")
_GLOBAL_PRODUCTS: Final = ("quotas", "resourcemanager")
"""Products with one endpoint for all regions (endpoint rule `central` of alibabacloud-quotas20200510, read 2026-11)."""


def public_endpoint(product: Product | Literal["oss"], region: RegionId) -> str:
    """
    Return the host that serves a product in a region.

    Raises:
        ManifestError: this cannot be a region; the host made from it might be anyone's.
    """
    if not is_region(region):
        raise ManifestError.single("region", "", "Invalid", f"{region!r} is not the id of a region")
    if product == "oss":
        return f"oss-{region}.aliyuncs.com"
    if product in _GLOBAL_PRODUCTS or (product in _CENTRAL_PRODUCTS and region in _CENTRAL_REGIONS):
        return f"{product}.aliyuncs.com"
    if product == "ecs" and region == "cn-hangzhou":
        return "ecs-cn-hangzhou.aliyuncs.com"
    return f"{product}.{region}.aliyuncs.com"

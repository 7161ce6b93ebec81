from __future__ import annotations

import pytest

from provisioner.cloud import Credentials, real_access
from provisioner.cloud.endpoints import public_endpoint
from provisioner.errors import ManifestError
from provisioner.ids import RegionId


@pytest.mark.parametrize(
    ("product", "region", "host"),
    [
        ("slb", "eu-central-1", "slb.eu-central-1.aliyuncs.com"),
        ("slb", "cn-shanghai", "slb.aliyuncs.com"),
        ("slb", "cn-shanghai-finance-1", "slb.aliyuncs.com"),
        ("ess", "cn-shanghai", "ess.aliyuncs.com"),
        ("vpc", "cn-shanghai", "vpc.cn-shanghai.aliyuncs.com"),
        ("ecs", "cn-hangzhou", "ecs-cn-hangzhou.aliyuncs.com"),
        ("oss", "cn-shanghai", "oss-cn-shanghai.aliyuncs.com"),
    ],
)
def test_product_has_its_public_endpoint(product, region, host):
    assert public_endpoint(product, region) == host


@pytest.mark.parametrize("product", ["ecs", "ess", "quotas", "resourcemanager", "slb", "sts", "vpc", "oss"])
@pytest.mark.parametrize(
    "region", ["", "x@host/", "eu-central-1.host/", "EU-central-1", "eu-central-1\n", "a-" * 40 + "a"]
)
def test_no_host_is_called_after_what_is_no_region(product, region):
    with pytest.raises(ManifestError, match="is not the id of a region"):
        public_endpoint(product, region)


def test_no_bucket_is_reached_in_what_is_no_region():
    key = Credentials("id", "secret")
    with pytest.raises(ManifestError, match="is not the id of a region"):
        real_access(key, key, RegionId("x@host/"))

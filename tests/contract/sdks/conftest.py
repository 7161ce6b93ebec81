"""
The sandbox's HTTP door held against the current official SDKs for Python: Vpc, Ecs, Ess, Slb and Sts.

They sign in a header (ACS3-HMAC-SHA256) and speak Ess 2022-02-22. Skipped where they are not installed; they come with
the `test` extra. What they are given and what they answer is typed by their own models, which is the contract.
"""

from __future__ import annotations

import pytest

from provisioner.sandbox.cloud import Latency
from provisioner.sandbox.sandbox import open_cloud
from provisioner.sandbox.wire import serve_cloud
from tests.contract.sdks.sdk import ACCESS_KEY_ID, SECRET, ZONE, Sdk


@pytest.fixture
def cloud(tmp_path):
    opened = open_cloud(tmp_path, latency=Latency(), settle_ms=0)
    opened.enroll(ACCESS_KEY_ID, SECRET)
    yield opened
    opened.close()


@pytest.fixture
def server(cloud):
    with serve_cloud(cloud) as running:
        yield running


@pytest.fixture
def vpc(server):
    return Sdk("vpc", server)


@pytest.fixture
def ecs(server):
    return Sdk("ecs", server)


@pytest.fixture
def ess(server):
    return Sdk("ess", server)


@pytest.fixture
def slb(server):
    return Sdk("slb", server)


@pytest.fixture
def vpc_id(vpc):
    return vpc("create_vpc", cidr_block="10.0.0.0/8").vpc_id


@pytest.fixture
def vswitch_id(vpc, vpc_id):
    return vpc("create_vswitch", vpc_id=vpc_id, zone_id=ZONE, cidr_block="10.0.0.0/24").v_switch_id


@pytest.fixture
def security_group_id(ecs, vpc_id):
    return ecs("create_security_group", vpc_id=vpc_id, security_group_name="nodes").security_group_id


@pytest.fixture
def image_id(ecs):
    return ecs("describe_images", architecture="x86_64").images.image[0].image_id


@pytest.fixture
def group_id(ess, vswitch_id):
    made = ess("create_scaling_group", scaling_group_name="nodes", min_size=1, max_size=3, v_switch_ids=[vswitch_id])
    return made.scaling_group_id


@pytest.fixture
def configuration_id(ess, group_id, image_id, security_group_id):
    return ess(
        "create_scaling_configuration",
        scaling_group_id=group_id,
        scaling_configuration_name="first",
        image_id=image_id,
        instance_types=["ecs.g7.large"],
        security_group_ids=[security_group_id],
        system_disk={"category": "cloud_essd", "size": 50, "encrypted": True},
        data_disks=[{"category": "cloud_essd", "size": 40, "disk_name": "data"}],
        spot_price_limits=[{"instance_type": "ecs.g7.large", "price_limit": 0.5}],
        tags='{"k": "v"}',
        user_data="IyEvYmluL3No",
    ).scaling_configuration_id

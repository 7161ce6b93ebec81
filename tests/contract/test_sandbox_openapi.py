"""
The sandbox's HTTP door held against Alibaba Cloud's own SDK for Python, which is installed with oss2.

What the cloud itself answers is held against the provider's needs in `gotchas`.
"""

from __future__ import annotations

import json
from urllib.parse import urlsplit

import pytest
from aliyunsdkcore.acs_exception.exceptions import ServerException
from aliyunsdkcore.auth.credentials import AccessKeyCredential
from aliyunsdkcore.client import AcsClient
from aliyunsdkcore.request import CommonRequest

from provisioner.sandbox.cloud import Latency
from provisioner.sandbox.sandbox import open_cloud
from provisioner.sandbox.wire import serve_cloud

REGION = "eu-central-1"
VPC, ESS = "2016-04-28", "2014-08-28"


class Sdk:
    """Calls the sandbox the way a user of the SDK does."""

    def __init__(self, url, access_key_id="LTAIsdk", secret="the-secret"):
        self.domain = urlsplit(url).netloc
        credential = AccessKeyCredential(access_key_id, secret)
        self.client = AcsClient(region_id=REGION, credential=credential, auto_retry=False, timeout=10)

    def __call__(self, version, action, method="POST", **parameters):
        """Return the answer; `Tag__1__Key` stands for `Tag.1.Key`."""
        request = CommonRequest(domain=self.domain, version=version, action_name=action)
        request.set_protocol_type("http")
        request.set_method(method)
        for name, value in parameters.items():
            request.add_query_param(name.replace("__", "."), value)
        return json.loads(self.client.do_action_with_exception(request))

    def refused(self, *arguments, **parameters):
        """Return the exception of a call that is refused."""
        with pytest.raises(ServerException) as caught:
            self(*arguments, **parameters)
        return caught.value


@pytest.fixture
def cloud(tmp_path):
    opened = open_cloud(tmp_path, latency=Latency(), settle_ms=0)
    opened.enroll("LTAIsdk", "the-secret")
    yield opened
    opened.close()


@pytest.fixture
def url(cloud):
    with serve_cloud(cloud) as server:
        yield server.url


@pytest.fixture
def sdk(url):
    return Sdk(url)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_vpc_is_created_described_and_deleted(sdk, cloud, method):
    vpc_id = sdk(VPC, "CreateVpc", method, CidrBlock="10.0.0.0/8", VpcName="a-vpc", Description="ä *~ + /&=")["VpcId"]
    shown = sdk(VPC, "DescribeVpcAttribute", method, VpcId=vpc_id)
    assert (shown["VpcName"], shown["Description"], shown["Status"]) == ("a-vpc", "ä *~ + /&=", "Available")
    assert sdk(VPC, "DeleteVpc", method, VpcId=vpc_id).keys() == {"RequestId"}
    assert cloud.counts() == {}


def test_lists_are_paged_to_the_end(sdk):
    vpc_id = sdk(VPC, "CreateVpc", CidrBlock="10.0.0.0/8")["VpcId"]
    made = {
        sdk(VPC, "CreateVSwitch", VpcId=vpc_id, ZoneId="eu-central-1a", CidrBlock=f"10.0.{number}.0/24")["VSwitchId"]
        for number in range(5)
    }
    found, page_number = [], 1
    while True:
        page = sdk(VPC, "DescribeVSwitches", VpcId=vpc_id, PageNumber=page_number, PageSize=2)
        found += [vswitch["VSwitchId"] for vswitch in page["VSwitches"]["VSwitch"]]
        if page_number * page["PageSize"] >= page["TotalCount"]:
            break
        page_number += 1
    assert (set(found), len(found), page_number) == (made, 5, 3)


def test_tags_are_set_found_and_removed(sdk):
    vpc_id = sdk(VPC, "CreateVpc", CidrBlock="10.0.0.0/8")["VpcId"]
    sdk(VPC, "CreateVpc", CidrBlock="10.0.0.0/8")
    target = {"ResourceType": "VPC", "ResourceId__1": vpc_id}
    sdk(VPC, "TagResources", **target, Tag__1__Key="kubernetes.io/cluster/a", Tag__1__Value="1", Tag__2__Key="b")
    filtered = sdk(VPC, "DescribeVpcs", Tag__1__Key="kubernetes.io/cluster/a", Tag__1__Value="1")
    assert [vpc["VpcId"] for vpc in filtered["Vpcs"]["Vpc"]] == [vpc_id]
    sdk(VPC, "UnTagResources", **target, TagKey__1="b")
    (tag,) = sdk(VPC, "ListTagResources", **target)["TagResources"]["TagResource"]
    assert (tag["TagKey"], tag["TagValue"]) == ("kubernetes.io/cluster/a", "1")


def test_a_scaling_group_is_created_and_found_by_name(sdk):
    vpc_id = sdk(VPC, "CreateVpc", CidrBlock="10.0.0.0/8")["VpcId"]
    vswitch = sdk(VPC, "CreateVSwitch", VpcId=vpc_id, ZoneId="eu-central-1a", CidrBlock="10.0.0.0/24")["VSwitchId"]
    sizes = {"MinSize": 0, "MaxSize": 3}
    made = sdk(ESS, "CreateScalingGroup", ScalingGroupName="nodes", VSwitchIds__1=vswitch, **sizes)["ScalingGroupId"]
    (group,) = sdk(ESS, "DescribeScalingGroups", ScalingGroupName__1="nodes")["ScalingGroups"]["ScalingGroup"]
    assert (group["ScalingGroupId"], group["MaxSize"], group["LifecycleState"]) == (made, 3, "Inactive")


@pytest.mark.parametrize(
    ("call", "status", "code"),
    [
        ((VPC, "DeleteVpc", {"VpcId": "vpc-missing"}), 404, "InvalidVpcId.NotFound"),
        ((VPC, "CreateVpc", {"CidrBlock": "100.64.0.0/16"}), 400, "InvalidParameter"),
        ((VPC, "DescribeVpcAttribute", {}), 400, "MissingVpcId"),
        ((VPC, "CreateEverything", {}), 404, "InvalidAction.NotFound"),
    ],
)
def test_a_refusal_is_the_sdks_exception(sdk, cloud, call, status, code):
    version, action, parameters = call
    error = sdk.refused(version, action, **parameters)
    assert (error.get_http_status(), error.get_error_code()) == (status, code)
    assert error.get_error_msg()
    assert error.get_request_id() == cloud.access_log()[-1].request_id


@pytest.mark.parametrize(
    ("access_key_id", "secret", "code"),
    [
        ("LTAIsdk", "another-secret", "SignatureDoesNotMatch"),
        ("LTAImissing", "the-secret", "InvalidAccessKeyId.NotFound"),
    ],
)
def test_a_stranger_is_refused(url, access_key_id, secret, code):
    error = Sdk(url, access_key_id, secret).refused(VPC, "DescribeVpcs")
    assert error.get_error_code() == code
    assert secret not in str(error)

"""The SDK for Vpc, 2016-04-28."""

from __future__ import annotations

from tests.contract.sdks.sdk import QUIET, ZONE, Sdk

pytestmark = QUIET


def test_a_vpc_is_created_described_and_deleted(vpc, cloud):
    made = vpc("create_vpc", cidr_block="10.0.0.0/8", vpc_name="a-vpc", description="ä *~ + /&=").vpc_id
    shown = vpc("describe_vpc_attribute", vpc_id=made)
    assert (shown.vpc_name, shown.description, shown.status) == ("a-vpc", "ä *~ + /&=", "Available")
    vpc("delete_vpc", vpc_id=made)
    assert cloud.counts() == {}


def test_vswitches_are_paged_to_the_end(vpc, vpc_id):
    made = {
        vpc("create_vswitch", vpc_id=vpc_id, zone_id=ZONE, cidr_block=f"10.0.{number}.0/24").v_switch_id
        for number in range(5)
    }
    pages = vpc.pages("describe_vswitches", vpc_id=vpc_id)
    found = [vswitch.v_switch_id for page in pages for vswitch in page.v_switches.v_switch]
    assert (set(found), len(found), pages[0].total_count) == (made, 5, 5)


def test_vpcs_are_tagged_found_and_untagged(vpc, vpc_id):
    vpc("create_vpc", cidr_block="10.0.0.0/8")
    target = {"resource_type": "VPC", "resource_id": [vpc_id]}
    vpc("tag_resources", **target, tag=[{"key": "kubernetes.io/cluster/a", "value": "1"}, {"key": "b", "value": "2"}])
    filtered = vpc("describe_vpcs", tag=[{"key": "kubernetes.io/cluster/a", "value": "1"}]).vpcs.vpc
    assert [one.vpc_id for one in filtered] == [vpc_id]
    vpc("un_tag_resources", **target, tag_key=["b"])
    (tag,) = vpc("list_tag_resources", **target).tag_resources.tag_resource
    assert (tag.tag_key, tag.tag_value) == ("kubernetes.io/cluster/a", "1")


def test_a_nat_gateway_reaches_the_internet_and_is_taken_down(vpc, cloud, vpc_id, vswitch_id):
    nat = vpc("create_nat_gateway", vpc_id=vpc_id, v_switch_id=vswitch_id, nat_type="Enhanced")
    eip = vpc("allocate_eip_address", bandwidth="100", internet_charge_type="PayByTraffic")
    binding = {"allocation_id": eip.allocation_id, "instance_id": nat.nat_gateway_id, "instance_type": "Nat"}
    vpc("associate_eip_address", **binding)
    table = nat.snat_table_ids.snat_table_id[0]
    entry = vpc("create_snat_entry", snat_table_id=table, source_vswitch_id=vswitch_id, snat_ip=eip.eip_address)
    (shown,) = vpc("describe_snat_table_entries", snat_table_id=table).snat_table_entries.snat_table_entry
    assert (shown.snat_entry_id, shown.snat_ip) == (entry.snat_entry_id, eip.eip_address)
    vpc("delete_snat_entry", snat_table_id=table, snat_entry_id=entry.snat_entry_id)
    vpc("unassociate_eip_address", **binding)
    vpc("release_eip_address", allocation_id=eip.allocation_id)
    vpc("delete_nat_gateway", nat_gateway_id=nat.nat_gateway_id)
    vpc("delete_vswitch", v_switch_id=vswitch_id)
    vpc("delete_vpc", vpc_id=vpc_id)
    assert cloud.counts() == {}


def test_a_vpc_with_a_vswitch_is_not_deleted(vpc, vpc_id, vswitch_id):
    assert vpc.refused("delete_vpc", vpc_id=vpc_id).code == "DependencyViolation.VSwitch"


def test_the_sdk_comes_over_tls_and_trusts_the_sandboxs_authority(server):
    sdk = Sdk("vpc", server, protocol="https", ca=str(server.ca_path))
    made = sdk("create_vpc", cidr_block="10.0.0.0/8").vpc_id
    assert sdk("describe_vpcs").vpcs.vpc[0].vpc_id == made

"""Load balancers that Services left behind go with the network; no foreign one does."""

from __future__ import annotations

from tests.e2e.conftest import EXAMPLE, Provision
from tests.e2e.other_user import SLB, call_as_other_user
from tests.spreads import LONG

ID = "shoot--demo--canary"


def a_load_balancer(provision: Provision, cluster: str | None, **parameters: object) -> str:
    """Make one as the cloud-controller-manager of a cluster does, or as a user does."""
    tags: dict[str, object] = {}
    if cluster is not None:
        tags |= {"Tag__1__Key": "kubernetes.do.not.delete", "Tag__1__Value": "a0123456789abcdef"}
        tags |= {"Tag__2__Key": "ack.aliyun.com", "Tag__2__Value": cluster}
    made = call_as_other_user(
        provision, SLB, "CreateLoadBalancer", LoadBalancerSpec="slb.s1.small", **tags, **parameters
    )
    if cluster is not None:
        name = f"k8s/30080/web/default/{cluster}"
        call_as_other_user(
            provision, SLB, "CreateVServerGroup", LoadBalancerId=made["LoadBalancerId"], VServerGroupName=name
        )
    return str(made["LoadBalancerId"])


def left(provision: Provision) -> list[str]:
    rows = call_as_other_user(provision, SLB, "DescribeLoadBalancers")["LoadBalancers"]["LoadBalancer"]
    return [row["LoadBalancerId"] for row in rows]


def test_destroy_deletes_what_the_shoots_services_left_and_nothing_else(provision):
    applied = provision.begin_applied(EXAMPLE, "-o", "json").document
    vswitch_id = applied["infrastructureStatus"]["vpc"]["vswitches"][0]["id"]
    internal = {"AddressType": "intranet", "VSwitchId": vswitch_id, "DeleteProtection": "on"}
    mine = {a_load_balancer(provision, ID, **internal), a_load_balancer(provision, ID, AddressType="internet")}
    others = [a_load_balancer(provision, "shoot--demo--other"), a_load_balancer(provision, None)]

    destroyed = provision.ok("destroy", EXAMPLE, "-o", "json").document
    assert {balancer["id"] for balancer in destroyed["loadBalancers"]} == mine
    assert sorted(left(provision)) == sorted(others)


@LONG
def test_users_load_balancer_in_the_shoots_network_is_named_and_left(provision):
    applied = provision.begin_applied(EXAMPLE, "-o", "json").document
    vswitch_id = applied["infrastructureStatus"]["vpc"]["vswitches"][0]["id"]
    theirs = a_load_balancer(provision, None, AddressType="intranet", VSwitchId=vswitch_id)
    call_as_other_user(
        provision, SLB, "CreateVServerGroup", LoadBalancerId=theirs, VServerGroupName=f"k8s/30080/web/default/{ID}"
    )
    refused = provision("destroy", EXAMPLE)
    assert (refused.code, f"load balancer {theirs}" in refused.err, left(provision)) == (5, True, [theirs])
    call_as_other_user(provision, SLB, "DeleteLoadBalancer", LoadBalancerId=theirs)
    provision.ok("destroy", EXAMPLE)
    assert provision.counts() == {}


def test_product_that_refuses_keeps_no_shoot_alive(provision):
    provision.begin_applied(EXAMPLE)
    provision.ok("sandbox", "fault", "add", "slb:*", "--kind", "forbidden")
    destroyed = provision.ok("destroy", EXAMPLE)
    assert "cannot look for load balancers that Services left behind" in destroyed.err
    assert provision.counts() == {}

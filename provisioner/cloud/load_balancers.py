"""
The classic load balancers that a cluster's cloud-controller-manager (CCM) left behind: which they are, and their end.

The marks that the CCM writes decide who owns them; C, its cluster ID, is the shoot's technical ID:

* tags of what it creates: `kubernetes.do.not.delete: a<UID of the Service>`, and since its version 2.1.0 (2021-11)
  `ack.aliyun.com: C`;
* the names of its groups of backend servers: `k8s/<port>/<service>/<namespace>/C`. It makes such groups also in a load
  balancer of the user's, when a Service names one. That bears none of the two tags: the CCM takes no load balancer that
  has one, tags it `kubernetes.reused.by.user: true` instead, and leaves it when the Service goes. From one that the
  user wants to keep after the Service (`preserve-lb-on-delete`), it takes its own tags away again, but not the groups.

So a group's name alone says that the cluster used a load balancer, not that it may go: a tag has to say that a CCM made
it. And one group's name is not enough, all of them have to agree. All others are left, and reported if this cluster
used them.

Where to find them, with a list for the tag and one for each VPC instead of everything in the region:

* an internal one is in the cluster's VPC (`VpcId`), whichever CCM made it; there it keeps a vSwitch from being deleted;
* an internet-facing one is in no VPC, and nothing of the network leads to it. It is found by the tag that names the
  cluster. The call asks for only one tag: several are combined by OR (the CCM's own comment; it does the same).

So this does not find an internet-facing one that a CCM before 2.1.0 made: for that, calls would have to list the groups
of every load balancer of every cluster in the region. It blocks no other deletion.

Sources: pkg/controller/service/clbv1, pkg/model/load_balancer.go and reconcile/annotation/annotations.go of
kubernetes/cloud-provider-alibaba-cloud v2.14.0, with v2.1.0 and v1.9.3.376; DescribeLoadBalancers,
DescribeVServerGroups, SetLoadBalancerDeleteProtection and DeleteLoadBalancer of Slb 2014-05-15; read 2026-11.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from provisioner.cloud.client import CloudClient
from provisioner.cloud.resource import CloudResource, row_tags, row_time
from provisioner.errors import CloudError
from provisioner.ids import TechnicalId

_CLUSTER_TAG: Final = "ack.aliyun.com"
_CREATED_TAG: Final = "kubernetes.do.not.delete"
_REUSED_TAG: Final = "kubernetes.reused.by.user"
_GROUP_PREFIX: Final = "k8s"
_GROUP_PARTS: Final = 5
_GONE: Final = "InvalidLoadBalancerId.NotFound"


@dataclass(frozen=True, slots=True)
class DoubtfulLoadBalancer:
    """A load balancer that a cluster may have used, and that is left for the operator to judge."""

    resource: CloudResource
    reason: str
    """Why it is left, for example `its tags and server groups also name shoot--foo--other`."""


@dataclass(frozen=True, slots=True)
class LoadBalancers:
    """The load balancers that were found: the cluster's own, which may be deleted, and those that must stay."""

    own: tuple[CloudResource, ...]
    doubtful: tuple[DoubtfulLoadBalancer, ...]


def find_load_balancers(client: CloudClient, technical_id: TechnicalId, vpc_ids: Iterable[str] = ()) -> LoadBalancers:
    """
    Return the load balancers that the CCM of the cluster `technical_id` made, and the doubtful ones.

    `vpc_ids` are the VPCs of the cluster's vSwitches, its own or shared. The result leaves out other clusters' load
    balancers, and the users' own that this cluster did not use. Each resource has the facts `address`, `vswitch_id`
    and `is_protected`.

    Raises:
        CloudError: the cloud refused, or could not be reached.
    """
    own: list[CloudResource] = []
    doubtful: list[DoubtfulLoadBalancer] = []
    for resource in _candidates(client, technical_id, vpc_ids):
        clusters = _clusters(client, resource, technical_id)
        if clusters is None:
            continue
        doubt = _doubt(resource, clusters, technical_id)
        if doubt:
            doubtful.append(DoubtfulLoadBalancer(resource, doubt))
        elif technical_id in clusters:
            own.append(resource)
    return LoadBalancers(tuple(own), tuple(doubtful))


def delete_load_balancer(client: CloudClient, load_balancer: CloudResource) -> None:
    """
    Delete a load balancer that `find_load_balancers` gave, switching its deletion protection off; gone counts as done.

    The CCM protects what it creates, so that protection says nothing about the user's wish. If a user switches it on
    again after that, the deletion is refused.

    Raises:
        CloudError: the cloud refused, or could not be reached.
    """
    target = {"LoadBalancerId": load_balancer.id}
    try:
        if load_balancer.facts["is_protected"]:
            unprotected = {**target, "DeleteProtection": "off"}
            client.change("slb", "SetLoadBalancerDeleteProtection", unprotected, is_idempotent=True)
        client.change("slb", "DeleteLoadBalancer", target, is_idempotent=True)
    except CloudError as error:
        # Also the answer to a repeated deletion whose first answer was lost.
        if error.cloud_code != _GONE:
            raise


def _candidates(client: CloudClient, technical_id: TechnicalId, vpc_ids: Iterable[str]) -> Iterator[CloudResource]:
    """Yield every load balancer that bears the cluster's tag or is in one of its VPCs, once."""
    tag = json.dumps([{"TagKey": _CLUSTER_TAG, "TagValue": technical_id}])
    seen: set[str] = set()
    for given in ({"Tags": tag}, *({"VpcId": vpc_id} for vpc_id in dict.fromkeys(vpc_ids))):
        for row in client.pages("slb", "DescribeLoadBalancers", given, "LoadBalancers", "LoadBalancer"):
            if row["LoadBalancerId"] not in seen:
                seen.add(row["LoadBalancerId"])
                yield _resource(row)


def _doubt(resource: CloudResource, clusters: set[str], technical_id: TechnicalId) -> str:
    """Return why a doubtful load balancer must stay; empty when it plainly is the cluster's, or plainly is not."""
    is_created = resource.tags.keys() & {_CREATED_TAG, _CLUSTER_TAG} and _REUSED_TAG not in resource.tags
    if is_created and not clusters:
        return "a cluster's controller created it, but nothing on it names the cluster"
    if technical_id not in clusters:
        return ""
    if not is_created:
        return "used by the cluster, but no tag says that the cluster's controller created it"
    others = ", ".join(sorted(clusters - {technical_id}))
    return f"its tags and server groups also name {others}" if others else ""


def _clusters(client: CloudClient, resource: CloudResource, technical_id: TechnicalId) -> set[str] | None:
    """
    Return the clusters that a load balancer's tags and groups name, None when it is gone.

    If it bears another cluster's tag, this skips its groups: it is not this cluster's in any case.
    """
    tagged = resource.tags.get(_CLUSTER_TAG, "")
    if tagged not in ("", technical_id):
        return {tagged}
    try:
        answer = client.call("slb", "DescribeVServerGroups", {"LoadBalancerId": resource.id})
    except CloudError as error:
        if error.cloud_code != _GONE:
            raise
        return None
    names = (group.get("VServerGroupName") or "" for group in answer["VServerGroups"]["VServerGroup"])
    return ({tagged} | {_cluster_of(name) for name in names}) - {""}


def _cluster_of(group_name: str) -> str:
    """Return the cluster that a group of the CCM names, empty for one that is not the CCM's."""
    parts = group_name.split("/")
    return parts[-1] if len(parts) == _GROUP_PARTS and parts[0] == _GROUP_PREFIX else ""


def _resource(row: Mapping[str, Any]) -> CloudResource:
    return CloudResource(
        "alicloud_slb_load_balancer",
        row["LoadBalancerId"],
        row.get("LoadBalancerName", ""),
        row.get("VpcId") or "",
        row.get("MasterZoneId", ""),
        row_tags(row),
        row_time(row, "CreateTime"),
        facts={
            "address": row.get("Address", ""),
            "vswitch_id": row.get("VSwitchId") or "",
            "is_protected": row.get("DeleteProtection") == "on",
        },
    )

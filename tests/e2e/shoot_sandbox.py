"""A sandbox with a shoot in it, whose state and network can change behind the program's back."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.e2e.conftest import Provision, open_bucket
from tests.e2e.other_user import ECS, ESS, VPC, other_user
from tests.e2e.variants import Change, example, only_zones

ENTRIES = "shoot--demo--canary"
"""Beginning of the name of every entry that can hold the example's state."""
_TAGGED = {
    "vpc": (VPC, "VPC"),
    "vswitch": (VPC, "VSWITCH"),
    "nat_gateway": (VPC, "NATGATEWAY"),
    "eip": (VPC, "EIP"),
    "security_group": (ECS, "securitygroup"),
    "key_pair": (ECS, "keypair"),
    "scaling_group": (ESS, "scalinggroup"),
}


@dataclass(frozen=True)
class ShootSandbox:
    """A sandbox, its bucket, and the manifests of one shoot."""

    provision: Provision

    @property
    def file(self) -> Path:
        """The manifests."""
        return self.provision.folder / "shoot.yaml"

    def write(self, *changes: Change) -> Path:
        """Write the example in one zone, changed, and return the file."""
        documents = example()
        for change in (only_zones("a"), *changes):
            change(documents)
        self.file.write_text(yaml.safe_dump_all(documents.values(), sort_keys=False))
        return self.file

    def without(self, kind: str) -> Path:
        """Write the manifests without those of a kind into another file, and return it."""
        documents = [item for item in yaml.safe_load_all(self.file.read_text()) if item["kind"] != kind]
        path = self.provision.folder / f"without-{kind}.yaml"
        path.write_text(yaml.safe_dump_all(documents))
        return path

    def document(self, *command: str | Path) -> dict[str, Any]:
        """Return what a command prints with `-o json`, however it ends."""
        found: dict[str, Any] = self.provision(*command, "-o", "json").document
        return found

    def lose(self, only: str = "") -> None:
        """Delete what is stored of the shoot, or only what has `only` in its key."""
        with open_bucket(self.provision) as store:
            store.delete([found.key for found in store.list(ENTRIES) if only in found.key])

    def empty(self, *roots: str) -> None:
        """Store a state without resources for each root."""
        for root in roots:
            self._change_state(root, lambda state: state.update(resources=[], outputs={}))

    def forget(self, root: str, *types: str) -> None:
        """Store a state without the resources of these types."""

        def change(state: dict[str, Any]) -> None:
            state["resources"] = [found for found in state["resources"] if found["type"] not in types]

        self._change_state(root, change)

    def forget_output(self, root: str, name: str) -> None:
        """Store a state without an output."""
        self._change_state(root, lambda state: state["outputs"].pop(name))

    def _change_state(self, root: str, change: Callable[[dict[str, Any]], None]) -> None:
        with open_bucket(self.provision) as store:
            newest = [found.key for found in store.list(ENTRIES) if f"/{root}/state/" in found.key][-1]
            state = json.loads(store.get(newest).body)
            change(state)
            state["serial"] += 1
            folder, _, name = newest.rpartition("/")
            number = int(name.partition(".")[0]) + 1
            store.put_if_absent(f"{folder}/{number:010}.tfstate", json.dumps(state).encode(), {})

    def tag_everything(self, key: str, value: str) -> None:
        """Give everything that can be tagged one more tag."""
        with other_user(self.provision) as other:
            for (version, kind), ids in self._tagged().items():
                for id in ids:
                    given = {"ResourceId__1": id, "Tag__1__Key": key, "Tag__1__Value": value}
                    other.call(version, "TagResources", ResourceType=kind, **given)

    def untag_everything(self, key: str) -> None:
        """Take a tag away from everything."""
        with other_user(self.provision) as other:
            for (version, kind), ids in self._tagged().items():
                action = "UnTagResources" if version == VPC else "UntagResources"
                for id in ids:
                    other.call(version, action, ResourceType=kind, ResourceId__1=id, TagKey__1=key)

    def kinds_tagged(self, key: str, value: str) -> set[str]:
        """Return the kinds of which everything has a tag."""
        with closing(self.provision.cloud()) as cloud:
            return {
                kind
                for kind in _TAGGED
                if (found := cloud.resources(kind)) and all(one.document["Tags"].get(key) == value for one in found)
            }

    def is_anything_tagged(self, key: str) -> bool:
        """Return whether anything has a tag of this key."""
        with closing(self.provision.cloud()) as cloud:
            return any(key in one.document["Tags"] for kind in _TAGGED for one in cloud.resources(kind))

    def _tagged(self) -> dict[tuple[str, str], list[str]]:
        with closing(self.provision.cloud()) as cloud:
            return {spelling: [found.id for found in cloud.resources(kind)] for kind, spelling in _TAGGED.items()}

    def eips(self) -> list[dict[str, Any]]:
        """Return the EIPs there are."""
        with other_user(self.provision) as other:
            found: list[dict[str, Any]] = other.call(VPC, "DescribeEipAddresses")["EipAddresses"]["EipAddress"]
            return found

    def delete_eip(self) -> None:
        """Delete the one EIP, and the SNAT entry that uses it."""
        with other_user(self.provision) as other:
            eip = other.the("DescribeEipAddresses", "EipAddresses", "EipAddress")
            other.delete_snat_entry(other.the("DescribeNatGateways", "NatGateways", "NatGateway"))
            other.unbind(eip)
            other.call(VPC, "ReleaseEipAddress", AllocationId=eip["AllocationId"])

    def delete_all_but_the_eip(self) -> None:
        """Delete a network without security group and machines, and leave its EIP."""
        with other_user(self.provision) as other:
            gateway = other.the("DescribeNatGateways", "NatGateways", "NatGateway")
            other.delete_snat_entry(gateway)
            other.unbind(other.the("DescribeEipAddresses", "EipAddresses", "EipAddress"))
            vswitch_id = other.the("DescribeVSwitches", "VSwitches", "VSwitch")["VSwitchId"]
            group_id = other.the("DescribeSecurityGroups", "SecurityGroups", "SecurityGroup", ECS)["SecurityGroupId"]
            other.call(ECS, "DeleteSecurityGroup", SecurityGroupId=group_id)
            other.delete_nat_gateway(gateway["VpcId"], vswitch_id, gateway["NatGatewayId"])

    def delete_route(self) -> None:
        """Delete the way out in the shoot's own route table."""
        with other_user(self.provision) as other:
            tables = other.call(VPC, "DescribeRouteTableList")["RouterTableList"]["RouterTableListType"]
            (own,) = (table["RouteTableId"] for table in tables if table["RouteTableType"] == "Custom")
            entry = {"RouteTableId": own, "DestinationCidrBlock": "0.0.0.0/0"}
            gateway = other.the("DescribeNatGateways", "NatGateways", "NatGateway")
            other.call(VPC, "DeleteRouteEntry", **entry, NextHopId=gateway["NatGatewayId"])

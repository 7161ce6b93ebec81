"""
Kinds of shoots that have to work, each a line in `VARIANTS`: how it differs from the example, and what changes later.

What a line cannot say with `put`, `take` and `append` is a function of its own above the table.
"""

from __future__ import annotations

import base64
import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests.e2e.conftest import EXAMPLE
from tests.e2e.user_network import UserNetwork

Documents = dict[str, dict[str, Any]]
"""Manifests by kind, Secrets by name."""
Change = Callable[[Documents], None]

EXTENSIONS = "extensions.gardener.cloud/v1alpha1"
ARM_IMAGE = "m-gw8rkeu9u49juyt1qvsu"
"""The sandbox's Garden Linux for ARM."""
NAMESPACE = "shoot--demo--canary"
POOLS = "Shoot/spec/provider/workers"
ZONES = "Shoot/spec/provider/infrastructureConfig/networks/zones"


@dataclass(frozen=True)
class Size:
    """What the cloud holds of a shoot."""

    zones: int
    groups: int
    """Scaling groups: one per pool and zone."""
    machines: int
    rules: int = 8
    """Rules of the security group; one of them is for the pods."""
    key_pairs: int = 1
    vpcs: int = 1
    nat_gateways: int = 1
    eips: int | None = None
    """As many as zones unless the user brings some."""
    route_tables: int = 0
    routes: int = 0
    """In a route table of the shoot's own."""
    ipv6_gateways: int = 0

    @property
    def counts(self) -> dict[str, int]:
        """What `sandbox info` says of it."""
        counts = {
            "eip": self.zones if self.eips is None else self.eips,
            "ipv6_gateway": self.ipv6_gateways,
            "instance": self.machines,
            "key_pair": self.key_pairs,
            "nat_gateway": self.nat_gateways,
            "route_entry": self.routes,
            "route_table": self.route_tables,
            "scaling_configuration": self.groups,
            "scaling_group": self.groups,
            "security_group": 1,
            "security_group_rule": self.rules,
            "snat_entry": self.zones,
            "vpc": self.vpcs,
            "vswitch": self.zones,
        }
        return {kind: count for kind, count in counts.items() if count}


def as_it_is(documents: Documents) -> None:
    """Leave the Shoot a Shoot."""


@dataclass(frozen=True)
class Variant:
    """A shoot, a change of it, and what the cloud holds before and after."""

    name: str
    change: Sequence[Change]
    update: Sequence[Change]
    before: Size
    after: Size
    form: Change = field(default=as_it_is)
    """What becomes of the Shoot when everything is said: nothing, or the objects of a seed."""
    user: UserNetwork | None = None
    """What the account has before."""

    def write(self, folder: Path, ids: Mapping[str, str]) -> tuple[Path, Path]:
        """Write the manifests before and after the update, with the user's `ids` in them, and return both files."""
        before = example()
        for change in self.change:
            change(before)
        after = copy.deepcopy(before)
        for change in self.update:
            change(after)
        files = folder / "before.yaml", folder / "after.yaml"
        for file, documents in zip(files, (before, after), strict=True):
            self.form(documents)
            text = yaml.safe_dump_all(documents.values(), sort_keys=False, allow_unicode=True)
            for name, id in ids.items():
                text = text.replace(name, id)
            file.write_text(text)
        return files


def example() -> Documents:
    """Return the example's manifests."""
    documents: Documents = {}
    for document in yaml.safe_load_all(EXAMPLE.read_text()):
        kind = document["kind"]
        documents[document["metadata"]["name"] if kind == "Secret" else kind] = document
    return documents


def put(path: str, value: Any) -> Change:
    """Return the change that sets what a path such as `Shoot/spec/region` leads to."""

    def change(documents: Documents) -> None:
        place, last = walk(documents, path)
        place[last] = copy.deepcopy(value)

    return change


def take(path: str) -> Change:
    """Return the change that removes what a path leads to."""

    def change(documents: Documents) -> None:
        place, last = walk(documents, path)
        del place[last]

    return change


def append(path: str, value: Any) -> Change:
    """Return the change that appends to the list that a path leads to."""

    def change(documents: Documents) -> None:
        place, last = walk(documents, path)
        place[last].append(copy.deepcopy(value))

    return change


def walk(documents: Documents, path: str) -> tuple[Any, Any]:
    """Return what holds the end of a path, and the key or the position in there."""
    place: Any = documents
    *steps, last = path.split("/")
    for step in steps:
        place = place[int(step) if isinstance(place, list) else step]
    return place, int(last) if isinstance(place, list) else last


def pool(name: str, zones: str, minimum: int, maximum: int, **fields: Any) -> dict[str, Any]:
    """Return a worker pool; `zones` has the letters of eu-central-1's."""
    return {
        "name": name,
        "machine": {"type": "ecs.g7.large", "image": {"name": "gardenlinux", "version": "1592.4.0"}},
        "minimum": minimum,
        "maximum": maximum,
        "zones": [f"eu-central-1{letter}" for letter in zones],
        "volume": {"type": "cloud_essd", "size": "50Gi"},
        **fields,
    }


def zone(name: str, workers: str) -> dict[str, str]:
    """Return a zone of the network."""
    return {"name": name, "workers": workers}


def volume(name: str, size: str, category: str = "cloud_essd", **fields: Any) -> dict[str, Any]:
    """Return a data volume."""
    return {"name": name, "type": category, "size": size, **fields}


def only_zones(letters: str) -> Change:
    """Return the change that leaves these zones of the network, and the pools in them."""

    def change(documents: Documents) -> None:
        provider = documents["Shoot"]["spec"]["provider"]
        networks = provider["infrastructureConfig"]["networks"]
        networks["zones"] = [item for item in networks["zones"] if item["name"][-1] in letters]
        for item in provider["workers"]:
            item["zones"] = [name for name in item["zones"] if name[-1] in letters]

    return change


def offer_arm(documents: Documents) -> None:
    """Let the CloudProfile have machines with ARM processors, and an image of the same name and version for them."""
    spec = documents["CloudProfile"]["spec"]
    spec["machineCapabilities"] = [{"name": "architecture", "values": ["amd64", "arm64"]}]
    for item in spec["machineTypes"]:
        item["capabilities"] = {"architecture": ["amd64"]}
    capabilities = {"architecture": ["arm64"]}
    arm = {"name": "ecs.g8y.large", "cpu": "2", "gpu": "0", "memory": "8Gi", "architecture": "arm64"}
    spec["machineTypes"].append({**arm, "capabilities": capabilities})
    version = spec["providerConfig"]["machineImages"][0]["versions"][0]
    version["capabilityFlavors"] = [
        {"capabilities": {"architecture": ["amd64"]}, "regions": version.pop("regions")},
        {"capabilities": capabilities, "regions": [{"name": "eu-central-1", "id": ARM_IMAGE}]},
    ]


def in_shanghai(documents: Documents) -> None:
    """Move the shoot to a region whose zones are named in another way; the state stays where it is."""
    documents["Shoot"]["spec"]["region"] = "cn-shanghai"
    provider = documents["Shoot"]["spec"]["provider"]
    zones = ["cn-shanghai-e", "cn-shanghai-f"]
    provider["infrastructureConfig"]["networks"]["zones"] = [
        zone(name, f"10.250.{32 * index}.0/19") for index, name in enumerate(zones)
    ]
    for item in provider["workers"]:
        item["zones"] = zones


def with_smallest_ranges(documents: Documents) -> None:
    """Give VPC and vSwitches the smallest ranges that the cloud takes, and the pods one from elsewhere."""
    spec = documents["Shoot"]["spec"]
    spec["networking"] = {"nodes": "192.168.255.0/28", "pods": "11.0.0.0/11", "services": "172.31.255.0/24"}
    spec["provider"]["infrastructureConfig"]["networks"] = {
        "vpc": {"cidr": "192.168.255.0/28"},
        "zones": [zone("eu-central-1b", "192.168.255.0/29"), zone("eu-central-1a", "192.168.255.8/29")],
    }
    spec["provider"]["workers"] = [pool("a", "ab", 2, 4)]


def with_largest_ranges(documents: Documents) -> None:
    """Give VPC and vSwitches the largest ranges that the cloud takes."""
    spec = documents["Shoot"]["spec"]
    spec["networking"] = {"nodes": "10.0.0.0/8", "pods": "172.16.0.0/13", "services": "172.24.0.0/13"}
    networks = spec["provider"]["infrastructureConfig"]["networks"]
    networks["vpc"] = {"cidr": "10.0.0.0/8"}
    for index, item in enumerate(networks["zones"]):
        item["workers"] = f"10.{255 - index}.0.0/16"


def with_longest_names(documents: Documents) -> None:
    """Use every character that names may have, so that those in the cloud have to be cut."""
    shoot = documents["Shoot"]
    shoot["metadata"]["name"] = "canary"
    shoot["status"]["technicalID"] = "shoot--" + "p" * 28 + "--" + "s" * 26
    names = ["a" * 62 + "1", "a" * 62 + "2"]
    for name, item in zip(names, shoot["spec"]["provider"]["workers"], strict=True):
        item["name"] = name
    shoot["spec"]["provider"]["workers"][1]["dataVolumes"][0]["name"] = "d" * 64


def infrastructure_object(documents: Documents) -> None:
    """Replace the Shoot by the Infrastructure alone."""
    public_key = documents["canary.ssh-keypair"]["stringData"]["id_rsa.pub"]
    shoot = documents.pop("Shoot")
    documents["Infrastructure"] = {
        "apiVersion": EXTENSIONS,
        "kind": "Infrastructure",
        "metadata": {"name": "canary", "namespace": NAMESPACE},
        "spec": {
            "type": "alicloud",
            "region": shoot["spec"]["region"],
            "secretRef": {"name": "cloudprovider", "namespace": NAMESPACE},
            "sshPublicKey": base64.b64encode(public_key.encode()).decode(),
            "providerConfig": shoot["spec"]["provider"]["infrastructureConfig"],
        },
    }
    for document in documents.values():
        if document["kind"] == "Secret":
            document["metadata"]["namespace"] = NAMESPACE
    documents["BackupBucket"]["spec"].get("secretRef", {})["namespace"] = NAMESPACE


def seed_objects(documents: Documents) -> None:
    """Replace Shoot and CloudProfile by what a seed has of them: Cluster, Infrastructure and Worker."""
    shoot = copy.deepcopy(documents["Shoot"])
    infrastructure_object(documents)
    infrastructure = documents["Infrastructure"]
    kept = {"volume", "dataVolumes", "minimum", "maximum", "zones", "labels", "taints", "name"}
    documents["Worker"] = {
        **infrastructure,
        "kind": "Worker",
        "spec": {
            "type": "alicloud",
            "region": infrastructure["spec"]["region"],
            "secretRef": infrastructure["spec"]["secretRef"],
            "pools": [
                {
                    **{key: value for key, value in item.items() if key in kept},
                    "machineType": item["machine"]["type"],
                    "machineImage": item["machine"]["image"],
                    "userDataSecretRef": {"name": f"{item['name']}-user-data", "key": "cloud_config"},
                }
                for item in shoot["spec"]["provider"]["workers"]
            ],
        },
    }
    documents["Cluster"] = {
        "apiVersion": EXTENSIONS,
        "kind": "Cluster",
        "metadata": {"name": NAMESPACE},
        "spec": {"shoot": shoot, "cloudProfile": documents.pop("CloudProfile"), "seed": None},
    }


LABELS = {
    "workload": "database",
    "example.org/quote": "it's 50% & <heavy>",
    "empty": "",
    "number": "007",
    "template": "${path.module} %{ if true }literal%{ endif }",
}
MIXED_VOLUMES = [
    volume("essd", "200Gi", encrypted=True),
    volume("efficiency.1", "20Gi", "cloud_efficiency", encrypted=False),
    volume("Odd-Size_3", "1000G"),
]
FIVE_POOLS = [pool(f"pool-{number}", "b", number, number + 1) for number in range(5)]
SEVEN_POOLS = [pool(f"pool-{number}", "abc", 1, 3) for number in range(7)]
ARM = {"type": "ecs.g8y.large", "image": {"name": "gardenlinux", "version": "1592.4.0"}, "architecture": "arm64"}
ARM_POOL = pool("arm", "ab", 2, 2, machine=ARM)
NO_USER_DATA = (take("general-user-data"), take("database-user-data"))
USER_DATA = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "general-user-data"}}
SOME_USER_DATA = {**USER_DATA, "stringData": {"cloud_config": "#!/bin/sh\necho '${changed}' äöü\n"}}

raise_maximum = put(f"{POOLS}/0/maximum", 9)
zone_c = append(ZONES, zone("eu-central-1c", "10.250.64.0/19"))
pool_in_c = append(f"{POOLS}/0/zones", "eu-central-1c")
new_pool = append(POOLS, pool("new", "a", 2, 4))
drop_pool = take(f"{POOLS}/1")
image = put(f"{POOLS}/0/machine/image/version", "1443.10.0")
bigger = put(f"{POOLS}/0/machine/type", "ecs.g7.xlarge")
more_disk = put(f"{POOLS}/0/volume/size", "80Gi")
labels = put(f"{POOLS}/0/labels", LABELS)
one_label = put(f"{POOLS}/0/labels", {"workload": "${other}"})
hibernate, wake = (put("Shoot/spec/hibernation", {"enabled": enabled}) for enabled in (True, False))
no_ssh = put("Shoot/spec/provider/workersSettings", {"sshAccess": {"enabled": False}})
no_pods, pods = take("Shoot/spec/networking/pods"), put("Shoot/spec/networking/pods", "192.168.0.0/17")
no_status = take("Shoot/status")
volumes = put(f"{POOLS}/0/dataVolumes", MIXED_VOLUMES)
volume_more = append(f"{POOLS}/0/dataVolumes", volume("late", "100Gi"))
five_pools, seven_pools, no_pools = (put(POOLS, pools) for pools in (FIVE_POOLS, SEVEN_POOLS, []))
sparse, dense = put(POOLS, [pool("sparse", "abc", 2, 5)]), put(f"{POOLS}/0/minimum", 4)
idle, busy = put(POOLS, [pool("idle", "ab", 0, 3)]), put(f"{POOLS}/0/minimum", 3)
user_data = put("general-user-data", SOME_USER_DATA)
zones_ab, zone_a, zone_b = only_zones("ab"), only_zones("a"), only_zones("b")

VARIANTS = (
    Variant("example", (), [raise_maximum], Size(3, 5, 4), Size(3, 5, 4)),
    Variant("one zone, then another image", [zone_a], [image], Size(1, 2, 4), Size(1, 2, 4)),
    Variant("two zones, then a third", [zones_ab], [zone_c, pool_in_c], Size(2, 4, 4), Size(3, 5, 5)),
    Variant("a zone without machines", [zones_ab], [zone_c], Size(2, 4, 4), Size(3, 4, 4)),
    Variant("no SSH key", [no_ssh], [new_pool], Size(3, 5, 4, key_pairs=0), Size(3, 6, 6, key_pairs=0)),
    Variant("five pools in one zone", [zone_b, five_pools], [drop_pool], Size(1, 5, 10), Size(1, 4, 9)),
    Variant("seven pools in three zones", [seven_pools], [drop_pool], Size(3, 21, 7), Size(3, 18, 6)),
    Variant("no pools, then one", [no_pools], [new_pool], Size(3, 0, 0), Size(3, 1, 2)),
    Variant("fewer machines than zones", [sparse], [dense], Size(3, 3, 2), Size(3, 3, 4)),
    Variant("no machines, then some", [idle], [busy], Size(3, 2, 0), Size(3, 2, 3)),
    Variant("data volumes", [volumes], [volume_more], Size(3, 5, 4), Size(3, 5, 4)),
    Variant("larger system disk", (), [more_disk], Size(3, 5, 4), Size(3, 5, 4)),
    Variant("larger machines", (), [bigger], Size(3, 5, 4), Size(3, 5, 4)),
    Variant("ARM beside AMD", [offer_arm, append(POOLS, ARM_POOL)], [drop_pool], Size(3, 7, 6), Size(3, 5, 5)),
    Variant("hibernated, then awake", [hibernate], [wake], Size(3, 5, 0), Size(3, 5, 4)),
    Variant("awake, then hibernated", (), [hibernate], Size(3, 5, 4), Size(3, 5, 0)),
    Variant("labels", [labels], [one_label], Size(3, 5, 4), Size(3, 5, 4)),
    Variant("another region", [in_shanghai], [raise_maximum], Size(2, 4, 4), Size(2, 4, 4)),
    Variant("no pods, then some", [no_pods], [pods], Size(3, 5, 4, rules=7), Size(3, 5, 4)),
    Variant("no user data, then some", NO_USER_DATA, [user_data], Size(3, 5, 4), Size(3, 5, 4)),
    Variant("neither status nor uid", [no_status], [drop_pool], Size(3, 5, 4), Size(3, 3, 3)),
    Variant("longest names", [with_longest_names], [raise_maximum], Size(3, 5, 4), Size(3, 5, 4)),
    Variant("smallest ranges", [with_smallest_ranges], [raise_maximum], Size(2, 2, 2), Size(2, 2, 2)),
    Variant("largest ranges", [with_largest_ranges], [raise_maximum], Size(3, 5, 4), Size(3, 5, 4)),
    Variant("objects of a seed", (), [drop_pool], Size(3, 5, 4), Size(3, 3, 3), seed_objects),
    Variant("Infrastructure alone", [zones_ab], [zone_c], Size(2, 0, 0, 7), Size(3, 0, 0, 7), infrastructure_object),
)

"""Edges of the rules for Shoots and Projects, and for Infrastructure and Worker as objects."""

from __future__ import annotations

import base64
from typing import Any, Final

from tests.unit.validation.cases import as_it_is
from tests.unit.validation.edges.edge import CONFIG, GONE, PROFILE, SHOOT, Edge, all_of, edge, put
from tests.unit.validation.example import PROVIDER, Change, Objects

PROJECT: Final = "Project.metadata.name"


def project(objects: Objects) -> None:
    """Add a Project."""
    objects["Project"] = {"apiVersion": "core.gardener.cloud/v1beta1", "kind": "Project", "metadata": {"name": "demo"}}


def status(**fields: str) -> Change:
    """Return a change that gives the Shoot a status."""
    return put("Shoot.status", fields)


NAMES = [
    *(
        edge(rule, type, path, inside, outside, given)
        for rule, path, given in (
            ("shoot.name", "Shoot.metadata.name", as_it_is),
            ("shoot.project_name", PROJECT, project),
        )
        for type, inside, outside in (
            ("TooLong", "a" * 63, "a" * 64),
            ("Invalid", "a-b", "a.b"),
            ("Invalid", "a-b", "a-"),
            ("Invalid", "a-b", "A-b"),
            ("Invalid", "a-b", "a--b"),
        )
    ),
    edge("shoot.project_name_length", "TooLong", PROJECT, "a" * 10, "a" * 11, project),
    # The project of the example is `demo`.
    edge("shoot.name_length", "TooLong", "Shoot.metadata.name", "a" * 17, "a" * 18),
    # Too long a technical ID is a problem of its own, and so is a name that is no label.
    edge("shoot.name_length", "TooLong", "Shoot.metadata.name", "a" * 51, "a" * 50),
    edge("shoot.name_length", "TooLong", "Shoot.metadata.name", "A" * 18, "a" * 18),
    edge("shoot.project_name_length", "TooLong", PROJECT, "a" * 64, "a" * 63, project),
    edge("shoot.name_length", "TooLong", "Shoot.metadata.namespace", f"garden-{'a' * 15}", f"garden-{'a' * 16}"),
    edge("shoot.identity", "TooLong", "Shoot.metadata.name", "a" * 50, "a" * 51),
    edge("shoot.identity", "TooLong", "Shoot.metadata.namespace", f"garden-{'a' * 48}", f"garden-{'a' * 49}"),
    edge("shoot.identity", "Required", "Shoot.metadata.namespace", "garden-a", "garden-"),
    edge("shoot.identity", "Required", "Shoot.metadata.namespace", "garden-demo", "gardendemo"),
    edge("shoot.identity", "Required", "Shoot.metadata.namespace", "garden-demo", GONE),
    edge("shoot.identity", "Invalid", "Shoot.metadata.namespace", "garden-demo", "garden-de_mo"),
    edge("shoot.identity", "TooLong", "Shoot.status.technicalID", "a" * 63, "a" * 64, status(uid="a")),
    edge("shoot.identity", "Invalid", "Shoot.status.technicalID", "shoot--a", "shoot/a", status(uid="a")),
    edge("shoot.identity", "Invalid", "Shoot.status.technicalID", "kube", "kube-system", status(uid="a")),
    edge(
        "shoot.cloud_profile_reference",
        "Forbidden",
        "Shoot.status",
        {"technicalID": "shoot--demo--canary"},
        GONE,
        all_of(put(f"{SHOOT}.kubernetes.version", "1.34.0"), put(f"{SHOOT}.cloudProfileName", "alicloud")),
    ),
    *(
        edge("shoot.identity", type, path, inside, outside)
        for path in ("Shoot.status.uid", "Shoot.metadata.uid")
        for type, inside, outside in (
            ("TooLong", "a" * 63, "a" * 64),
            ("Invalid", "a-b", "a--b"),
            ("Invalid", "a-b", "a/b"),
            ("Invalid", "a-b", "a-"),
            ("Invalid", "a", ""),
        )
    ),
]

WHOLE = [
    Edge("shoot.provider", "Required", "an infrastructure and none", as_it_is, put(CONFIG, GONE)),
    edge("shoot.bindings", "Forbidden", f"{SHOOT}.secretBindingName", GONE, "cloudprovider"),
    edge(
        "shoot.bindings",
        "Forbidden",
        f"{SHOOT}.kubernetes",
        GONE,
        {"version": "1.34"},
        all_of(put(f"{SHOOT}.credentialsBindingName", GONE), put(f"{SHOOT}.secretBindingName", "cloudprovider")),
    ),
    Edge(
        "shoot.bindings",
        "Forbidden",
        "both bindings without and with workers",
        put(f"{SHOOT}.provider.workers", []),
        as_it_is,
        put(f"{SHOOT}.secretBindingName", "cloudprovider"),
    ),
    Edge(
        "shoot.provider",
        "Required",
        "no infrastructure without and with workers",
        put(f"{SHOOT}.provider.workers", []),
        as_it_is,
        put(CONFIG, GONE),
    ),
    edge(
        "shoot.bindings",
        "Forbidden",
        f"{SHOOT}.credentialsBindingName",
        GONE,
        "cloudprovider",
        put(f"{SHOOT}.secretBindingName", "cloudprovider"),
    ),
    edge(
        "shoot.bindings",
        "Forbidden",
        f"{SHOOT}.kubernetes.version",
        "1.33.9",
        "1.34.0",
        all_of(put(f"{SHOOT}.credentialsBindingName", GONE), put(f"{SHOOT}.secretBindingName", "cloudprovider")),
    ),
    edge(
        "shoot.networking_is_there",
        "Required",
        f"{SHOOT}.networking",
        {"type": "calico", "nodes": "10.250.0.0/16"},
        GONE,
    ),
    edge("shoot.networking_is_there", "Required", f"{SHOOT}.networking.type", "c", ""),
    edge("shoot.networking_is_there", "Required", f"{SHOOT}.networking.type", "calico", GONE),
    *(
        edge("shoot.networking_is_there", "Invalid", f"{SHOOT}.networking.type", inside, outside)
        for inside, outside in (("a" * 63, "a" * 64), ("calico.1", "calico."), ("my-calico", "my/calico"))
    ),
    edge("shoot.networking_is_there", "Required", f"{SHOOT}.networking.nodes", "10.250.0.0/16", GONE),
    edge("shoot.cloud_profile", "Required", f"{SHOOT}.cloudProfile.name", "alicloud", "alicloud2"),
    edge(
        "shoot.cloud_profile", "Required", f"{SHOOT}.cloudProfile", {"kind": "CloudProfile", "name": "alicloud"}, GONE
    ),
    edge(
        "shoot.cloud_profile",
        "Required",
        f"{SHOOT}.cloudProfileName",
        "alicloud",
        "alicloud2",
        put(f"{SHOOT}.cloudProfile", GONE),
    ),
    edge("shoot.shoot_region", "NotSupported", f"{SHOOT}.region", "eu-central-1", "eu-central-2"),
    edge("shoot.shoot_region", "Required", f"{SHOOT}.region", "eu-central-1", ""),
    *(
        edge(
            "shoot.shoot_region",
            "Invalid",
            f"{SHOOT}.region",
            inside,
            outside,
            put(f"{PROFILE}.regions.0.name", inside),
        )
        for inside, outside in (("eu-1", "e-1"), ("eu-1", "eu.1"), (f"eu-{'1' * 60}", f"eu-{'1' * 61}"))
    ),
]


def without_workers(objects: Objects) -> None:
    """Make the Shoot one without workers."""
    spec = objects["Shoot"]["spec"]
    spec["provider"] = {"type": "alicloud"}
    spec["networking"] = {"services": "192.168.128.0/17"}
    del spec["credentialsBindingName"]


WORKERLESS = [
    edge("shoot.workerless", "Forbidden", f"{SHOOT}.{field}", GONE, value, without_workers)
    for field, value in (
        ("provider.controlPlaneConfig", {"apiVersion": PROVIDER, "kind": "ControlPlaneConfig"}),
        ("networking", {"type": "calico"}),
        ("provider.workersSettings", {}),
        ("networking.type", "calico"),
        ("networking.pods", "192.168.0.0/17"),
        ("networking.nodes", "10.250.0.0/16"),
        ("networking.providerConfig", {"backend": "none"}),
        ("kubernetes.kubelet", {"maxPods": 110}),
        ("kubernetes.kubeProxy", {"mode": "IPTables"}),
        ("kubernetes.kubeScheduler", {}),
        ("kubernetes.clusterAutoscaler", {}),
        ("kubernetes.verticalPodAutoscaler", {}),
        ("addons", {}),
        ("systemComponents", {}),
        ("secretBindingName", "cloudprovider"),
        ("credentialsBindingName", "cloudprovider"),
    )
]
WORKERLESS += [
    Edge(
        "shoot.workerless",
        "Forbidden",
        "an infrastructure and none",
        as_it_is,
        lambda objects: objects["Shoot"]["spec"]["provider"].update(infrastructureConfig=infrastructure()),
        without_workers,
    )
]


def infrastructure() -> dict[str, Any]:
    vpc = {"cidr": "10.250.0.0/16"}
    zones = [{"name": "eu-central-1a", "workers": "10.250.0.0/19"}]
    return {"apiVersion": PROVIDER, "kind": "InfrastructureConfig", "networks": {"vpc": vpc, "zones": zones}}


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def alone(objects: Objects) -> None:
    """Leave the Worker alone with a CloudProfile, and all without a namespace."""
    objects["CloudProfile"] = objects.pop("Cluster")["spec"]["cloudProfile"]
    del objects["Infrastructure"]
    for item in objects.values():
        item["metadata"].pop("namespace", None)


def take(kind: str) -> Change:
    return lambda objects: objects.pop(kind)


INFRASTRUCTURE = "Worker.spec.infrastructureProviderStatus.vpc"
STATUS = "Cluster.spec.shoot.status"


def applied(objects: Objects) -> None:
    """Give the Worker an infrastructure."""
    vswitches = [{"id": f"vsw-{zone}", "zone": f"eu-central-1{zone}"} for zone in "abc"]
    vpc = {"id": "vpc-1", "vswitches": vswitches, "securityGroups": [{"id": "sg-1"}]}
    objects["Worker"]["spec"]["infrastructureProviderStatus"] = {"vpc": vpc}


def self_hosted(objects: Objects) -> None:
    """Move the Cluster to where the control plane of a self-hosted shoot is."""
    objects["Cluster"]["metadata"]["name"] = "kube-system"


def bound(objects: Objects) -> None:
    """Put a CredentialsBinding between the Shoot and its Secret, or an InternalSecret of the same name."""
    secret = objects["Secret/cloudprovider"]
    metadata = {"name": "cloudprovider", "namespace": "garden-demo"}
    objects["internal"] = {**secret, "apiVersion": "core.gardener.cloud/v1beta1", "kind": "InternalSecret"}
    objects["binding"] = {
        "apiVersion": "security.gardener.cloud/v1alpha1",
        "kind": "CredentialsBinding",
        "metadata": metadata,
        "credentialsRef": {"apiVersion": "v1", "kind": "Secret", **metadata},
        "provider": {"type": "alicloud"},
    }


EXTENSION = [
    *(
        edge("extension_objects.object", type, f"{kind}.metadata.name", inside, outside)
        for kind in ("Infrastructure", "Worker")
        for type, inside, outside in (
            ("TooLong", "a" * 63, "a" * 64),
            ("Invalid", "a-b", "a.b"),
        )
    ),
    edge("extension_objects.object", "TooLong", "Worker.metadata.namespace", "a" * 63, "a" * 64),
    edge("extension_objects.object", "Invalid", "Worker.metadata.namespace", "shoot--a", "shoot/a"),
    edge("extension_objects.object", "Required", "Worker.metadata.namespace", "shoot--a", GONE, alone),
    *(
        edge("extension_objects.item_region", type, f"{kind}.spec.region", "eu-central-1", outside)
        for kind in ("Infrastructure", "Worker")
        for type, outside in (
            ("Required", ""),
            ("Invalid", "eu-central.1"),
            ("Invalid", "cn-shanghai"),
            ("NotSupported", "eu-central-2"),
        )
    ),
    Edge(
        "extension_objects.config_is_there",
        "Required",
        "a configuration and none",
        as_it_is,
        put("Infrastructure.spec.providerConfig", GONE),
        is_of_seed=True,
    ),
    Edge(
        "extension_objects.pools_are_there",
        "Required",
        "an empty list of pools and none",
        put("Worker.spec.pools", []),
        put("Worker.spec.pools", GONE),
        is_of_seed=True,
    ),
    Edge(
        "extension_objects.profile_is_there",
        "Required",
        "a Cluster and none",
        as_it_is,
        take("Cluster"),
        is_of_seed=True,
    ),
    *(
        edge(
            "extension_objects.public_key",
            "Invalid",
            "Infrastructure.spec.sshPublicKey",
            encoded(inside),
            encoded(outside),
        )
        for inside, outside in (("ssh-rsa AAAA", "ssh-rsa"), ("ssh-rsa AAAA me\n", "ssh-rsa AAAA me\nssh-rsa AAAA"))
    ),
    Edge(
        "extension_objects.user_data_is_there",
        "Required",
        "a Secret and none",
        as_it_is,
        take("Secret/general-user-data"),
        is_of_seed=True,
    ),
    edge(
        "extension_objects.user_data", "Required", "Worker.spec.pools.0.userDataSecretRef.key", "cloud_config", "config"
    ),
    edge(
        "extension_objects.user_data_is_there",
        "Required",
        "Worker.spec.pools.0.userDataSecretRef.name",
        "general-user-data",
        "general",
    ),
    edge(
        "extension_objects.user_data",
        "TooLong",
        "Secret/general-user-data.stringData",
        {"other": "#" * 32768},
        {"other": "#" * 32769},
        put("Worker.spec.pools.0.userDataSecretRef.key", "other"),
    )._replace(is_of_seed=True),
    edge("extension_objects.object", "Required", "Worker.metadata.namespace", "kube", "kube-system", alone),
    *(
        edge(
            "extension_objects.infrastructure_status", "Required", f"{INFRASTRUCTURE}.{path}", inside, outside, applied
        )
        for path, inside, outside in (
            ("securityGroups", [{"id": "sg-1"}], []),
            ("securityGroups.0.purpose", "nodes", "internal"),
            ("securityGroups.0.id", "sg-1", ""),
            ("vswitches.1.id", "vsw-1", ""),
        )
    ),
    *(
        edge("extension_objects.cluster_identity", type, f"{STATUS}.{field}", inside, outside)
        for type, field, inside, outside in (
            ("TooLong", "technicalID", "a" * 63, "a" * 64),
            ("Invalid", "technicalID", "shoot--a", "shoot/a"),
            ("Invalid", "uid", "a-b", "a/b"),
            ("Required", "technicalID", "kube", "kube-system"),
        )
    ),
    edge("extension_objects.cluster_identity", "Required", f"{STATUS}.technicalID", "shoot--a", GONE, self_hosted),
]

CREDENTIALS = [
    edge("credentials.binding", "NotSupported", "binding.provider.type", "aws,alicloud", "aws", bound),
    edge("credentials.binding", "NotSupported", "binding.credentialsRef.kind", "InternalSecret", "Role", bound),
    *(
        edge("credentials.credentials_are_there", "Required", f"{kind}.{path}", inside, outside)
        for kind, path, inside, outside in (
            ("Secret/cloudprovider", "metadata.name", "cloudprovider", "provider"),
            ("Secret/cloudprovider", "metadata.namespace", "garden-demo", "garden-other"),
            ("Worker", "spec.secretRef.name", "cloudprovider", "provider"),
        )
    ),
]

EDGES: list[Edge] = [*NAMES, *WHOLE, *WORKERLESS, *EXTENSION, *CREDENTIALS]

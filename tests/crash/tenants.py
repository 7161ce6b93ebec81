"""Shoots of several owners, and the references with which one shoot's manifests can name what another one owns."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import Any

from tests.crash.bucket_contents import BUCKET, OTHER_BUCKET
from tests.e2e.conftest import access_key
from tests.e2e.variants import EXTENSIONS, Documents, example, only_zones, take, walk

CORE = "core.gardener.cloud/v1beta1"
ALPHA, GUEST, LODGER, BETA, GAMMA = "alpha", "guest", "lodger", "beta", "gamma"
_UIDS = {
    name: f"{number}0000000-1111-2222-3333-444444444444"
    for number, name in enumerate((ALPHA, GUEST, LODGER, BETA, GAMMA), 1)
}
OTHER_KEY = ("LTAIexampleexample02", "not-a-real-secret-either-only-an-example")
SENTINEL = "this is what {} gives its machines alone"
IMAGE = "m-gw8alphasownimage0000"
_CONFIG = "Shoot/spec/provider/infrastructureConfig/networks"

Ids = Mapping[str, str]
"""Ids of what the other shoots have, by the names that references use."""
Reference = Callable[[Documents, Ids], None]
"""A change of a shoot's manifests that names what another shoot owns."""


def technical_id(name: str) -> str:
    """Return the technical ID of the shoot with this owner."""
    return f"shoot--{name}--canary"


def manifests(name: str, ids: Ids) -> Documents:
    """Return the manifests of an owner's shoot: one zone, one pool, a SecretBinding, and separate Secrets."""
    documents = example()
    for change in (only_zones("a"), take("Shoot/spec/provider/workers/1"), take("database-user-data")):
        change(documents)
    namespace, shoot = f"garden-{name}", documents["Shoot"]
    shoot["metadata"]["namespace"] = namespace
    shoot["status"] = {"technicalID": technical_id(name), "uid": _UIDS[name]}
    shoot["spec"].pop("credentialsBindingName")
    shoot["spec"]["secretBindingName"] = name
    worker = shoot["spec"]["provider"]["workers"][0]
    worker |= {"minimum": 1, "maximum": 2}
    networks = shoot["spec"]["provider"]["infrastructureConfig"]["networks"]
    zone = networks["zones"][0]
    if name in (GUEST, LODGER, BETA):
        number = (GUEST, LODGER, BETA).index(name)
        zone |= {"workers": f"10.250.{32 * number}.0/19", "natGateway": {"eipAllocationID": ids[f"$eip{number}"]}}
        own = {"gardenerManagedNATGateway": True, "useCustomRouteTable": True} if name == LODGER else {}
        networks["vpc"] = {"id": ids["$vpc"], **own}
    for secret in ("cloudprovider", "general-user-data", "canary.ssh-keypair"):
        documents[secret]["metadata"]["namespace"] = namespace
    key = OTHER_KEY if name == GAMMA else access_key()
    documents["cloudprovider"]["stringData"] = {"accessKeyID": key[0], "accessKeySecret": key[1]}
    documents["general-user-data"]["stringData"] = {"cloud_config": f"#!/bin/sh\n# {SENTINEL.format(name)}\n"}
    documents["SecretBinding"] = {
        "apiVersion": CORE,
        "kind": "SecretBinding",
        "metadata": {"name": name, "namespace": namespace},
        "provider": {"type": "alicloud"},
        "secretRef": {"name": "cloudprovider", "namespace": namespace},
    }
    documents["Project"] = {
        "apiVersion": CORE,
        "kind": "Project",
        "metadata": {"name": name},
        "spec": {"namespace": namespace},
    }
    bucket = documents["BackupBucket"]["spec"]
    bucket["secretRef"] = {"name": "backup", "namespace": "garden"}
    documents["backup"] = copy.deepcopy(documents["cloudprovider"])
    documents["backup"]["metadata"] = {"name": "backup", "namespace": "garden"}
    documents["backup"]["stringData"] = dict(zip(("accessKeyID", "accessKeySecret"), access_key(), strict=True))
    return documents


# --- references to what other shoots own ---


def _vpc(value: Callable[[Ids], dict[str, Any]]) -> Reference:
    def refer(documents: Documents, ids: Ids) -> None:
        place, last = walk(documents, f"{_CONFIG}/vpc")
        place[last] = value(ids)

    return refer


def _eip(of: str, *, managed: bool = False) -> Reference:
    def refer(documents: Documents, ids: Ids) -> None:
        networks, _ = walk(documents, f"{_CONFIG}/vpc")
        networks["zones"][0]["natGateway"] = {"eipAllocationID": ids[of]}
        if managed:
            networks["vpc"] |= {"gardenerManagedNATGateway": True, "useCustomRouteTable": True}

    return refer


def _identity(**status: str) -> Reference:
    def refer(documents: Documents, ids: Ids) -> None:
        documents["Shoot"]["status"] |= status
        del documents["Project"]

    return refer


def _technical_id_beside(documents: Documents, ids: Ids) -> None:
    _identity(technicalID=technical_id(ALPHA))(documents, ids)
    documents["other Shoot"] = manifests(ALPHA, ids)["Shoot"]


def _landscape(documents: Documents, ids: Ids) -> None:
    """Describe a shoot with this technical ID in another landscape, which has another bucket."""
    _identity(technicalID=technical_id(ALPHA))(documents, ids)
    documents["BackupBucket"]["metadata"]["name"] = OTHER_BUCKET


def _entry(documents: Documents, ids: Ids) -> None:
    del documents["Shoot"]["status"]["uid"]
    documents["BackupEntry"] = {
        "apiVersion": EXTENSIONS,
        "kind": "BackupEntry",
        "metadata": {"name": f"{technical_id(ALPHA)}--{_UIDS[ALPHA]}"},
        "spec": {**documents["BackupBucket"]["spec"], "bucketName": BUCKET},
    }


def _technical_id_with_project(documents: Documents, ids: Ids) -> None:
    documents["Shoot"]["status"]["technicalID"] = technical_id(ALPHA)


def _namespace(documents: Documents, ids: Ids) -> None:
    documents["Shoot"]["metadata"]["namespace"] = f"garden-{ALPHA}"


def _binding_name(documents: Documents, ids: Ids) -> None:
    documents["Shoot"]["spec"]["secretBindingName"] = ALPHA


def _credentials_binding_name(documents: Documents, ids: Ids) -> None:
    spec = documents["Shoot"]["spec"]
    del spec["secretBindingName"]
    spec["credentialsBindingName"] = ALPHA


def _without(*names: str) -> Reference:
    def refer(documents: Documents, ids: Ids) -> None:
        for name in names:
            del documents[name]

    return refer


def _secret_name(documents: Documents, ids: Ids) -> None:
    documents["SecretBinding"]["secretRef"]["name"] = f"{ALPHA}-only"


def _image(documents: Documents, ids: Ids) -> None:
    for mapping in documents["CloudProfile"]["spec"]["providerConfig"]["machineImages"]:
        for version in mapping["versions"]:
            version["regions"][0]["id"] = IMAGE


def _worker(of: str, *, user_data: str = "general-user-data", key: str = "cloud_config") -> Reference:
    """Return the reference that replaces the Shoot by a Worker with another shoot's InfrastructureStatus."""

    def refer(documents: Documents, ids: Ids) -> None:
        name = documents["SecretBinding"]["metadata"]["name"]
        namespace = technical_id(name)
        shoot = documents.pop("Shoot")
        shoot["metadata"]["namespace"] = f"garden-{name}"
        for secret in ("cloudprovider", "general-user-data"):
            documents[secret]["metadata"]["namespace"] = namespace
        item = shoot["spec"]["provider"]["workers"][0]
        documents["Worker"] = {
            "apiVersion": EXTENSIONS,
            "kind": "Worker",
            "metadata": {"name": "canary", "namespace": namespace},
            "spec": {
                "type": "alicloud",
                "region": shoot["spec"]["region"],
                "secretRef": {"name": "cloudprovider", "namespace": namespace},
                "infrastructureProviderStatus": {
                    "apiVersion": "alicloud.provider.extensions.gardener.cloud/v1alpha1",
                    "kind": "InfrastructureStatus",
                    "vpc": {
                        "id": ids[f"{of}/vpc"],
                        "vswitches": [{"id": ids[f"{of}/vswitch"], "purpose": "nodes", "zone": "eu-central-1a"}],
                        "securityGroups": [{"id": ids[f"{of}/security_group"], "purpose": "nodes"}],
                    },
                    "keyPairName": f"{technical_id(of)}-ssh-publickey",
                },
                "pools": [
                    {
                        "name": item["name"],
                        "minimum": 1,
                        "maximum": 2,
                        "zones": item["zones"],
                        "volume": item["volume"],
                        "machineType": item["machine"]["type"],
                        "machineImage": {k: item["machine"]["image"][k] for k in ("name", "version")},
                        "userDataSecretRef": {"name": user_data, "key": key},
                    }
                ],
            },
        }
        cluster = {"shoot": shoot, "cloudProfile": documents.pop("CloudProfile"), "seed": None}
        documents["Cluster"] = {
            "apiVersion": EXTENSIONS,
            "kind": "Cluster",
            "metadata": {"name": namespace},
            "spec": cluster,
        }

    return refer


_OWN = {"gardenerManagedNATGateway": True, "useCustomRouteTable": True}
UNTAGGED = "the technical ID in another landscape, while the other one is being made"
"""Objects that are tagged in a second call have no tag yet."""
REFERENCES: Mapping[str, tuple[str, Reference]] = {
    "the VPC and the NAT gateway in it": (BETA, _vpc(lambda ids: {"id": ids["alpha/vpc"]})),
    "the VPC": (BETA, _vpc(lambda ids: {"id": ids["alpha/vpc"], **_OWN})),
    "the EIP that provision made": (BETA, _eip("alpha/eip")),
    "the EIP that is bound to the user's gateway": (BETA, _eip("$eip0")),
    "the EIP that is bound to a gateway in the same VPC": (BETA, _eip("$eip1")),
    "the bound EIP with a gateway of its own": (BETA, _eip("$eip1", managed=True)),
    "the ids of an InfrastructureStatus": (BETA, _worker(ALPHA)),
    "the ids of an InfrastructureStatus in the same VPC": (BETA, _worker(LODGER)),
    "the Secret of a userDataSecretRef": (BETA, _worker(GUEST, user_data=f"{ALPHA}-only")),
    "the technical ID": (BETA, _identity(technicalID=technical_id(ALPHA))),
    "the technical ID, beside its Shoot": (BETA, _technical_id_beside),
    "the technical ID in another landscape": (BETA, _landscape),
    UNTAGGED: (BETA, _landscape),
    "the technical ID, with its Project": (BETA, _technical_id_with_project),
    "the uid": (BETA, _identity(uid=_UIDS[ALPHA])),
    "the BackupEntry": (BETA, _entry),
    "the technical ID from another account": (GAMMA, _identity(technicalID=technical_id(ALPHA))),
    "technical ID and uid from another account": (
        GAMMA,
        _identity(technicalID=technical_id(ALPHA), uid=_UIDS[ALPHA]),
    ),
    "the namespace": (GAMMA, _namespace),
    "the SecretBinding's name": (GAMMA, _binding_name),
    "the CredentialsBinding's name": (GAMMA, _credentials_binding_name),
    "the name of the Secret": (GAMMA, _secret_name),
    "the Secret, where it has none": (GAMMA, _without("cloudprovider")),
    "the Secret, where it has no binding either": (GAMMA, _without("SecretBinding", "cloudprovider")),
    "the user data, where it has none": (GAMMA, _without("general-user-data")),
    "the SSH key, where it has none": (GAMMA, _without("canary.ssh-keypair")),
    "the image ids of the CloudProfile": (GAMMA, _image),
}
"""By description: the shoot that refers to another one, and the change of its manifests."""

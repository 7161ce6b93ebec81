"""A Shoot that uses a NamespacedCloudProfile is planned and rendered as with the CloudProfile that this amounts to."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.e2e.conftest import Provision

OVERRIDE = """\
---
apiVersion: core.gardener.cloud/v1beta1
kind: NamespacedCloudProfile
metadata:
  name: own
  namespace: garden-demo
spec:
  parent:
    kind: CloudProfile
    name: alicloud
  machineImages:
  - name: gardenlinux
    versions:
    - version: 1700.0.0
      architectures: [amd64]
      cri: [{name: containerd}]
  machineTypes:
  - name: ecs.g8i.large
    cpu: "2"
    memory: 8Gi
  providerConfig:
    apiVersion: alicloud.provider.extensions.gardener.cloud/v1alpha1
    kind: CloudProfileConfig
    machineImages:
    - name: gardenlinux
      versions:
      - version: 1700.0.0
        regions: [{name: eu-central-1, id: m-of-the-project}]
"""


def test_a_shoot_gets_the_image_of_its_projects_profile(provision: Provision, tmp_path: Path) -> None:
    def change(shoot: dict[str, Any]) -> None:
        shoot["spec"]["cloudProfile"] = {"kind": "NamespacedCloudProfile", "name": "own"}
        machine = shoot["spec"]["provider"]["workers"][0]["machine"]
        machine |= {"type": "ecs.g8i.large", "image": {"name": "gardenlinux", "version": "1700.0.0"}}

    manifest = provision.write("shoot.yaml", change)
    manifest.write_text(manifest.read_text() + OVERRIDE)
    provision.ok("render", manifest, "--out", tmp_path / "out")
    (worker,) = (tmp_path / "out").glob("**/worker/terraform.tfvars.json")
    pools = json.loads(worker.read_text())["pools"]
    assert (pools["general"]["image_id"], pools["general"]["instance_type"]) == ("m-of-the-project", "ecs.g8i.large")
    assert provision("plan", manifest).code == 2

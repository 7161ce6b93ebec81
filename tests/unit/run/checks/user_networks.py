"""A user's network in the simulated cloud, for shoots to use."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from provisioner.api.alicloud_v1alpha1 import InfrastructureConfig
from provisioner.errors import ManifestError
from provisioner.run.checks.user_network import look_at_user_network
from provisioner.tfstate import Address, State, StateDocument
from provisioner.translate.user_network import UserNetwork
from tests.unit.cloud.conftest import SimulatedAccount, simulated  # noqa: F401 - a fixture
from tests.unit.run.reporter import Said

ID, ENTRY = "shoot--foo--bar", "shoot--foo--bar--uid-1"
MARKS = {"owner": "provisioner/owner", "other": "kubernetes.io/cluster/shoot--foo--other"}
THEIRS = {"owner": "shoot--foo--other--uid-2"}
NET = "module.infrastructure"
ZONE = "eu-central-1a"


class Network:
    """A user's network in the simulated cloud, for shoots to use."""

    def __init__(self, simulated: SimulatedAccount) -> None:  # noqa: F811
        self.simulated, self.account = simulated, simulated.account
        self.vpc_id = self.account.a_vpc()
        self.said = Said()

    def tag(self, kind: str, id: str, **tags: str) -> None:
        """Tag an object; underscores in the keys stand for characters that no Python name can have."""
        for key, value in tags.items():
            given = {"Tag__1__Key": MARKS[key], "Tag__1__Value": value}
            self.account.vpc("TagResources", ResourceType=kind, ResourceId__1=id, **given)

    def a_gateway(self, cidr: str = "10.250.128.0/24", **tags: object) -> tuple[str, str]:
        """Return the ids of a NAT gateway in a vSwitch of its own and of its SNAT table."""
        gateway_id, table_id = self.account.a_nat_gateway(self.vpc_id, self.account.a_vswitch(self.vpc_id, cidr))
        if tags:
            self.account.vpc("TagResources", ResourceType="NATGATEWAY", ResourceId__1=gateway_id, **tags)
        return gateway_id, table_id

    def look(
        self,
        *,
        vpc: dict[str, Any] | None = None,
        zone: dict[str, Any] | None = None,
        state: StateDocument | None = None,
        outputs: dict[str, Any] | None = None,
        **config: Any,
    ) -> UserNetwork:
        """Look around for a shoot with one zone."""
        content = {
            "apiVersion": "alicloud.provider.extensions.gardener.cloud/v1alpha1",
            "kind": "InfrastructureConfig",
            "networks": {
                "vpc": {"id": self.vpc_id} if vpc is None else vpc,
                "zones": [{"name": ZONE, "workers": "10.250.0.0/19", **(zone or {})}],
            },
            **config,
        }
        infrastructure = SimpleNamespace(
            reference="Infrastructure/bar",
            spec=SimpleNamespace(provider_config=InfrastructureConfig.model_validate(content)),
        )
        target = SimpleNamespace(infrastructure=infrastructure, identity=SimpleNamespace(technical_id=ID))
        content = {} if state is None else state.state.content
        current = State({**content, "outputs": {name: {"value": value} for name, value in (outputs or {}).items()}})
        session = SimpleNamespace(
            client=self.simulated.client,
            target=target,
            entry_name=ENTRY,
            context=SimpleNamespace(reporter=self.said),
        )
        return look_at_user_network(session, current)

    def refusal(self, **arguments: Any) -> list[tuple[str, str]]:
        """Return path and detail of everything that is wrong."""
        with pytest.raises(ManifestError) as caught:
            self.look(**arguments)
        prefix = "spec.providerConfig.networks."
        return [(problem.path.removeprefix(prefix), problem.detail) for problem in caught.value.problems]


def a_state(**ids: str) -> StateDocument:
    """Return a state that lists objects, one of each type, by type without the prefix."""
    document = StateDocument()
    for type, id in ids.items():
        key = ZONE if type in ("vswitch", "eip_address") else 0
        document.add(
            Address(NET, f"alicloud_{type}", "any", key), {"id": id, "internet_charge_type": "PayByBandwidth"}, ()
        )
    return document


def managed(network: Network, **options: Any) -> dict[str, Any]:
    return {"id": network.vpc_id, "gardenerManagedNATGateway": True, **options}

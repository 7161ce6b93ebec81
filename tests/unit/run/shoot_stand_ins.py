"""A shoot in a simulated cloud, with stand-ins for its two roots: states in memory, attempts that a test scripts."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import SimpleNamespace

from provisioner.api.alicloud_v1alpha1 import InfrastructureConfig
from provisioner.runner import Change, Plan
from provisioner.tfstate import State, StateDocument
from provisioner.translate.names import cluster_tags
from tests.unit.cloud.conftest import SimulatedAccount
from tests.unit.run.reporter import Said

ID, ENTRY = "shoot--foo--bar", "shoot--foo--bar--uid-1"
TAGS = {
    name: value
    for number, tag in enumerate(cluster_tags(ID, ENTRY).items(), 1)
    for name, value in zip((f"Tag__{number}__Key", f"Tag__{number}__Value"), tag, strict=True)
}
NOTHING = Plan(has_changes=False, changes=())


def a_plan(*changes: tuple[str, str]) -> Plan:
    """Return a plan of addresses and their actions."""
    return Plan(has_changes=bool(changes), changes=tuple(Change(*change) for change in changes))


@dataclass
class Root:
    """One root of a run: its state, and the plans that a test prepares."""

    name: str
    unclean_since: datetime | None = None
    recorded: Iterable[tuple[str, str]] = ()
    failed_updates: frozenset[str] = frozenset()
    content: dict = field(default_factory=dict)
    plans: list[Plan] = field(default_factory=list)
    planned: list[tuple] = field(default_factory=list)
    work: Callable[[], object] = lambda: None
    applied: int = 0
    is_vouched: bool = False
    is_doubted: bool = False
    left_since: datetime | None = None
    beside: frozenset[str] = frozenset()
    versions: int = 0
    settles_at: datetime | None = None

    def state(self) -> State:
        return State(json.loads(json.dumps(self.content)))

    def replace_state(self, document: StateDocument) -> None:
        self.content = json.loads(document.state.to_bytes())
        self.versions += 1

    @property
    def is_new(self) -> bool:
        return self.state().is_empty

    def instances(self) -> dict:
        return {str(it.address): it for it in self.state().instances()}

    def plan(self, *, destroy: bool = False) -> Plan:
        self.planned.append(("all", destroy))
        return self.plans.pop(0) if self.plans else NOTHING

    def plan_again(self, touched: Iterable, *, destroy: bool = False) -> Plan:
        self.planned.append((tuple(map(str, touched)), destroy))
        return self.plans.pop(0) if self.plans else NOTHING

    def apply(self) -> None:
        self.applied += 1
        self.work()

    def vouch(self, looked_at: datetime) -> None:
        if self.settles_at is None or self.settles_at <= looked_at:
            self.is_vouched, self.is_doubted = True, False

    def doubt(self) -> None:
        self.is_doubted = True

    def set_aside(self, entries: Iterable[str]) -> None:
        self.beside |= frozenset(entries)


class Planned:
    """A root as the loop sees it: a stand-in, and the further plans at the end of a run."""

    def __init__(self, root: Root) -> None:
        self.root, self.name = root, root.name
        self.checked: list[Plan] = []
        self.find: Callable[[], Plan] = lambda: NOTHING

    def plan(self) -> Plan:
        """Return the next plan for the end of a run."""
        return self.find()

    def check(self, plan: Plan) -> None:
        self.checked.append(plan)


class Shoot:
    """The parts of a shoot that a verb uses while it runs."""

    def __init__(self, simulated: SimulatedAccount, retry_policy: object = None) -> None:
        self.simulated, self.said = simulated, Said()
        self.waited = 0.0
        begun = datetime.fromtimestamp(simulated.account.clock(), UTC)
        self.infrastructure, self.worker = Root("infrastructure", begun), Root("worker", begun)
        self.planned = [Planned(self.infrastructure), Planned(self.worker)]
        self.roots = [self.infrastructure, self.worker]
        config = InfrastructureConfig.model_validate(
            {
                "apiVersion": "alicloud.provider.extensions.gardener.cloud/v1alpha1",
                "kind": "InfrastructureConfig",
                "networks": {
                    "vpc": {"cidr": "10.250.0.0/16"},
                    "zones": [{"name": "eu-central-1a", "workers": "10.250.0.0/19"}],
                },
            }
        )
        self.session = SimpleNamespace(
            context=SimpleNamespace(reporter=self.said, interruption=SimpleNamespace(wait=self.wait)),
            store=SimpleNamespace(now=self.now, describe=lambda: "oss://bucket"),
            target=SimpleNamespace(
                identity=SimpleNamespace(technical_id=ID, reference="Shoot/bar"),
                infrastructure=SimpleNamespace(spec=SimpleNamespace(provider_config=config)),
                worker=None,
                pod_cidr=None,
            ),
            entry_name=ENTRY,
            client=simulated.client,
            retry_policy=retry_policy,
            stored_state=lambda root, **_: State(),
        )

    def now(self) -> datetime:
        """Return the store's time, which only a wait advances."""
        return datetime.fromtimestamp(self.simulated.account.clock() + self.waited, UTC)

    def wait(self, seconds: float) -> None:
        """Let that much time pass."""
        self.waited += seconds

    def a_vpc(self, **parameters: object) -> str:
        """Return the id of a VPC of the shoot that no state lists."""
        return self.simulated.account.a_vpc(VpcName=f"{ID}-vpc", **TAGS, **parameters)

"""What only the cloud knows, checked for what a run adds or changes: refused with its field, warned of, or noted."""

from __future__ import annotations

import io
from types import SimpleNamespace
from typing import Any

import pytest
import yaml

from provisioner.errors import ManifestError, Problem
from provisioner.inputs import ShootInput
from provisioner.inputs.resolve import resolve_shoots
from provisioner.manifests import load_manifests
from provisioner.run.checks.before_build import BeforeBuild, Findings
from provisioner.sandbox.cloud import Fault
from provisioner.tfstate import Address, StateDocument
from tests.e2e.variants import Documents, example, seed_objects
from tests.unit.cloud.conftest import SimulatedAccount, simulated  # noqa: F401 - a fixture

A, B, C = "eu-central-1a", "eu-central-1b", "eu-central-1c"
NETWORK = "spec.provider.infrastructureConfig.networks"
POOLS = "spec.provider.workers"
EVERYTHING = {
    "ListEnhanhcedNatGatewayAvailableZones": 1,
    "ListProductQuotas": 3,
    "DescribeAvailableResource": 4,
    "DescribeAccountAttributes": 1,
}
"""The questions about the example, which has two machine types, one of them with data disks."""


class Run:
    """A run of the example against a simulated cloud; tests change the manifests, the states and the cloud."""

    def __init__(self, simulated: SimulatedAccount) -> None:  # noqa: F811
        self.simulated, self.cloud = simulated, simulated.cloud
        self.documents: Documents = example()
        self.infrastructure, self.worker = StateDocument(), StateDocument()
        self.sizes: dict[str, int] = {}

    @property
    def pools(self) -> list[dict[str, Any]]:
        pools: list[dict[str, Any]] = self.documents["Shoot"]["spec"]["provider"]["workers"]
        return pools

    def apply_network(self) -> None:
        """Let the state list the whole network."""
        types = {"alicloud_vpc": [0], "alicloud_nat_gateway": [0], "alicloud_security_group": [None]}
        types |= {"alicloud_vswitch": [A, B, C], "alicloud_eip_address": [A, B, C]}
        for type, keys in types.items():
            for key in keys:
                self.infrastructure.add(Address("module.infrastructure", type, "any", key), {"id": f"{type}-{key}"}, ())

    def apply_pools(self, **changed: Any) -> None:
        """Let the state list the pools as the manifests have them now; `changed` are other attributes."""
        for pool in self.pools:
            number = len(pool["zones"])
            for index, zone in enumerate(pool["zones"]):
                place = (f'module.worker_pool["{pool["name"]}"]', "nodes", zone)
                share = {key: pool[key] // number + (index < pool[key] % number) for key in ("minimum", "maximum")}
                group = f"asg-{pool['name']}-{zone}"
                self.sizes[group] = share["minimum"]
                self._add(place, "group", {"id": group, "min_size": share["minimum"], "max_size": share["maximum"]})
                disks = [{"category": disk["type"]} for disk in pool.get("dataVolumes", ())]
                attributes = {"id": f"asc-{group}", "instance_type": pool["machine"]["type"], "data_disk": disks}
                attributes |= {"system_disk_category": pool["volume"]["type"], **changed}
                self._add(place, "configuration", attributes)

    def _add(self, place: tuple[str, str, str], kind: str, attributes: dict[str, Any]) -> None:
        module, name, key = place
        self.worker.add(Address(module, f"alicloud_ess_scaling_{kind}", name, key), attributes, ())

    def target(self) -> ShootInput:
        text = yaml.safe_dump_all([item for item in self.documents.values() if item], sort_keys=False)
        return resolve_shoots(load_manifests(["-"], io.BytesIO(text.encode())), {})[0]

    def look(self, *, is_incomplete: bool = False) -> Findings:
        session: Any = SimpleNamespace(client=self.simulated.client, target=self.target())
        states = (self.infrastructure.state, self.worker.state)
        return BeforeBuild(session, *states, lambda: self.sizes, is_incomplete=is_incomplete).look()

    def asked(self) -> dict[str, int]:
        """Return how often each action was asked since the last time."""
        asked = self.simulated.asked()[self._seen :] if hasattr(self, "_seen") else self.simulated.asked()
        self._seen = len(self.simulated.asked())
        return {action: asked.count(action) for action in dict.fromkeys(asked)}


@pytest.fixture
def run(simulated: SimulatedAccount) -> Run:  # noqa: F811
    return Run(simulated)


def short(problems: tuple[Problem, ...]) -> list[tuple[str, str]]:
    return [(problem.path, problem.detail) for problem in problems]


def test_what_the_cloud_has_is_accepted_with_nine_questions(run):
    assert run.look() == Findings()
    assert run.asked() == EVERYTHING


def test_a_run_that_adds_nothing_asks_nothing(run):
    run.apply_network()
    run.apply_pools()
    run.cloud.set_offer("ecs.g7.large", "not-sold")
    run.cloud.set_quota("vcpu", 0)
    assert (run.look(), run.asked()) == (Findings(), {})


def test_all_problems_come_in_one_answer_with_both_codes(run):
    run.cloud.set_offer("nat-gateway", "not-sold", A)
    run.cloud.set_offer("ecs.g7.large", "not-sold", C)
    run.cloud.set_quota("eip", 2)
    found = run.look()
    with pytest.raises(ManifestError) as caught:
        found.require_possible()
    assert ([problem.path for problem in caught.value.problems], caught.value.codes) == (
        [f"{NETWORK}.zones[0].name", f"{NETWORK}.zones", f"{POOLS}[0].machine.type"],
        ("ERR_CONFIGURATION_PROBLEM", "ERR_INFRA_QUOTA_EXCEEDED"),
    )


class TestNatGateway:
    def test_first_zone_without_enhanced_gateways_is_refused_for_a_new_vpc(self, run):
        run.cloud.set_offer("nat-gateway", "not-sold", A)
        detail = f"no Enhanced NAT gateway can be created in {A}, only in {B}, {C}"
        assert short(run.look().errors) == [(f"{NETWORK}.zones[0].name", detail)]

    def test_another_zone_needs_none(self, run):
        run.cloud.set_offer("nat-gateway", "not-sold", B)
        assert run.look() == Findings()

    def test_gateway_that_the_state_lists_is_not_asked_for(self, run):
        run.apply_network()
        run.look()
        assert "ListEnhanhcedNatGatewayAvailableZones" not in run.asked()


class TestSold:
    @pytest.mark.parametrize("state", ["not-sold", "closed"])
    def test_machine_type_that_a_zone_does_not_sell_is_refused(self, run, state):
        run.cloud.set_offer("ecs.g7.large", state, C)
        detail = f"the cloud does not sell ecs.g7.large in {C}, only in {A}, {B}"
        assert short(run.look().errors) == [(f"{POOLS}[0].machine.type", detail)]

    @pytest.mark.parametrize("state", ["sold", "closing"])
    def test_machine_type_with_stock_is_accepted(self, run, state):
        run.cloud.set_offer("ecs.g7.large", state, C)
        assert run.look() == Findings()

    def test_no_stock_is_a_warning(self, run):
        run.cloud.set_offer("ecs.g7.large", "no-stock", C)
        found = run.look()
        detail = f"the cloud has no stock of ecs.g7.large in {C} at the moment"
        assert (found.errors, short(found.warnings)) == ((), [(f"{POOLS}[0].machine.type", detail)])

    def test_zone_that_the_pool_does_not_use_may_lack_the_type(self, run):
        run.cloud.set_offer("ecs.r7.xlarge", "not-sold", C)
        assert run.look() == Findings()

    def test_type_that_is_sold_nowhere_is_one_problem(self, run):
        run.cloud.set_offer("ecs.r7.xlarge", "not-sold")
        assert short(run.look().errors) == [
            (f"{POOLS}[1].machine.type", f"the cloud does not sell ecs.r7.xlarge in {A}, {B}")
        ]

    @pytest.mark.parametrize("item", ["cloud_essd", "ecs.r7.xlarge/cloud_essd"])
    def test_disk_category_that_a_zone_or_the_type_lacks_is_refused(self, run, item):
        del run.pools[0]
        run.cloud.set_offer(item, "not-sold", B)
        assert [path for path, _ in short(run.look().errors)] == [
            f"{POOLS}[0].volume.type",
            f"{POOLS}[0].dataVolumes[0].type",
        ]

    def test_another_type_may_lack_the_category(self, run):
        run.cloud.set_offer("ecs.g6.large/cloud_essd", "not-sold")
        assert run.look() == Findings()

    def test_many_machine_types_cost_one_question_about_disks(self, run):
        first, families = (
            run.pools[0],
            ("g5", "c5", "r5", "g6", "c6", "r6", "g7", "c7", "r7", "hfg7", "hfc7", "g8i", "c8i"),
        )
        types = [f"ecs.{family}.large" for family in families]
        run.pools[:] = [
            {**first, "name": f"pool-{number}", "machine": {**first["machine"], "type": type}}
            for number, type in enumerate(types)
        ]
        offered = run.documents["CloudProfile"]["spec"]["machineTypes"]
        offered[:] = [{**offered[0], "name": type} for type in types]
        run.cloud.set_offer("cloud_essd", "not-sold", C)
        paths = [path for path, _ in short(run.look().errors)]
        assert (paths, run.asked()["DescribeAvailableResource"]) == (
            [f"{POOLS}[{number}].volume.type" for number in range(len(types))],
            2,
        )

    def test_a_workers_own_fields_are_named(self, run):
        seed_objects(run.documents)
        run.cloud.set_offer("ecs.g7.large", "not-sold", C)
        run.cloud.set_offer("nat-gateway", "not-sold", A)
        assert [(problem.object.partition("/")[0], problem.path) for problem in run.look().errors] == [
            ("Infrastructure", "spec.providerConfig.networks.zones[0].name"),
            ("Worker", "spec.pools[0].machineType"),
        ]


class TestChanged:
    """Of an applied shoot, only what is new or another value is asked for."""

    @pytest.fixture(autouse=True)
    def applied(self, run):
        run.apply_network()
        run.apply_pools()
        run.cloud.set_offer("ecs.g7.large", "not-sold", A)
        run.cloud.set_offer("cloud_efficiency", "not-sold", B)

    def test_greater_maximum_asks_for_the_quota_alone(self, run):
        run.pools[0]["maximum"] = 9
        assert (run.look(), run.asked()) == (Findings(), {"DescribeAccountAttributes": 1})

    def test_smaller_pool_asks_nothing(self, run):
        run.pools[0]["maximum"] = 5
        assert (run.look(), run.asked()) == (Findings(), {})

    def test_added_zone_is_judged_alone(self, run):
        run.cloud.set_offer("ecs.r7.xlarge", "not-sold", A)
        run.cloud.set_offer("ecs.r7.xlarge", "not-sold", C)
        run.pools[1]["zones"].append(C)
        assert short(run.look().errors) == [
            (f"{POOLS}[1].machine.type", f"the cloud does not sell ecs.r7.xlarge in {C}, only in {B}")
        ]

    def test_another_machine_type_is_judged(self, run):
        run.pools[1]["machine"]["type"] = "ecs.g7.large"
        assert [path for path, _ in short(run.look().errors)] == [f"{POOLS}[1].machine.type"]

    def test_another_disk_category_is_judged_without_the_machine_type(self, run):
        run.pools[0]["volume"]["type"] = "cloud_efficiency"
        found = short(run.look().errors)
        assert ([path for path, _ in found], run.asked()) == (
            [f"{POOLS}[0].volume.type"],
            {"DescribeAvailableResource": 1},
        )

    def test_new_pool_is_judged(self, run):
        run.pools.append({**run.pools[0], "name": "more", "minimum": 0})
        assert [path for path, _ in short(run.look().errors)] == [f"{POOLS}[2].machine.type"]

    def test_unknown_value_in_the_state_counts_as_unchanged(self, run):
        run.worker = StateDocument()
        run.apply_pools(instance_type=None, system_disk_category=None, data_disk=None)
        assert (run.look(), run.asked()) == (Findings(), {})


class TestQuotas:
    @pytest.mark.parametrize(
        ("quota", "enough", "path"),
        [
            ("vpc", 1, f"{NETWORK}.vpc.cidr"),
            ("vswitch", 3, f"{NETWORK}.zones"),
            ("eip", 3, f"{NETWORK}.zones"),
            ("security_group", 1, f"{NETWORK}.vpc"),
            ("vcpu", 10, POOLS),
        ],
    )
    def test_quota_suffices_or_is_refused(self, run, quota, enough, path):
        run.cloud.set_quota(quota, enough)
        assert run.look().errors == ()
        run.cloud.set_quota(quota, enough - 1)
        assert [(problem.path, problem.type) for problem in run.look().errors] == [(path, "QuotaExceeded")]

    @pytest.mark.parametrize(("limit", "warned"), [(28, []), (27, [POOLS])])
    def test_what_only_the_maximum_needs_is_a_warning(self, run, limit, warned):
        run.cloud.set_quota("vcpu", limit)
        found = run.look()
        assert (found.errors, [path for path, _ in short(found.warnings)]) == ((), warned)

    def test_what_exists_counts(self, run):
        run.simulated.account.an_eip()
        run.cloud.set_quota("eip", 3)
        detail = "the quota of EIPs of the account is 3, 1 exist, and this run creates 3"
        assert short(run.look().errors) == [(f"{NETWORK}.zones", detail)]

    def test_vswitches_of_the_users_vpc_count(self, run):
        vpc_id = run.simulated.account.a_vpc()
        run.simulated.account.a_vswitch(vpc_id, "10.250.128.0/24")
        networks = run.documents["Shoot"]["spec"]["provider"]["infrastructureConfig"]["networks"]
        networks["vpc"] = {"id": vpc_id}
        run.cloud.set_quota("vswitch", 3)
        detail = "the quota of vSwitches in a VPC is 3, 1 exist, and this run creates 3"
        assert short(run.look().errors) == [(f"{NETWORK}.zones", detail)]

    def test_machines_that_run_already_need_no_more(self, run):
        run.apply_network()
        run.apply_pools()
        run.sizes["asg-general-eu-central-1a"] = 2
        run.pools[0]["minimum"] = 4
        run.cloud.set_quota("vcpu", 0)
        assert run.look().errors == ()

    def test_hibernated_pools_need_none(self, run):
        run.documents["Shoot"]["spec"]["hibernation"] = {"enabled": True}
        run.cloud.set_quota("vcpu", 0)
        assert run.look() == Findings()

    def test_after_an_unclean_run_a_quota_is_a_warning(self, run):
        run.cloud.set_quota("eip", 2)
        found = run.look(is_incomplete=True)
        assert (found.errors, [path for path, _ in short(found.warnings)]) == ((), [f"{NETWORK}.zones"])

    def test_quota_alone_has_its_own_code(self, run):
        run.cloud.set_quota("eip", 2)
        with pytest.raises(ManifestError) as caught:
            run.look().require_possible()
        assert caught.value.codes == ("ERR_INFRA_QUOTA_EXCEEDED",)


class TestNotes:
    @pytest.mark.parametrize("kind", ["forbidden", "throttling", "unavailable", "reset"])
    def test_question_without_an_answer_is_one_note_for_each_permission(self, run, kind):
        for action in ("ListEnhanhcedNatGatewayAvailableZones", "ListProductQuotas", "DescribeA*"):
            run.cloud.faults.add(Fault(action, kind))
        found = run.look()
        assert (found.errors, [problem.type for problem in found.warnings]) == ((), ["NotChecked"] * 4)

    def test_missing_permission_is_named(self, run):
        run.cloud.faults.add(Fault("ListProductQuotas", "forbidden"))
        (note,) = run.look().warnings
        assert (note.fix.partition(";")[0], "Forbidden.RAM" in note.detail) == ("allow quotas:ListProductQuotas", True)

    def test_each_question_is_asked_once_and_without_a_wait(self, run):
        run.cloud.faults.add(Fault("DescribeA*", "throttling"))
        run.look()
        assert (run.asked(), run.simulated.waits) == (EVERYTHING, [])

    def test_what_is_answered_still_counts(self, run):
        run.cloud.faults.add(Fault("ListProductQuotas", "forbidden"))
        run.cloud.set_offer("ecs.g7.large", "not-sold", C)
        assert [path for path, _ in short(run.look().errors)] == [f"{POOLS}[0].machine.type"]

    @pytest.mark.parametrize(
        "answer", [{}, {"AvailableZones": []}, {"AvailableZones": {"AvailableZone": [{}]}}, {"Quotas": 1}]
    )
    def test_answer_of_another_shape_refuses_nothing(self, run, monkeypatch, answer):
        monkeypatch.setattr(run.simulated.client, "ask", lambda *_: answer)
        assert run.look().errors == ()

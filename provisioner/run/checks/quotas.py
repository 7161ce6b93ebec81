"""
Checks whether the account may have what a run adds, as far as the cloud tells.

Only what is certain is an error: objects that the plan creates, and the machines of the minimum that do not run yet.
What a pool needs at its maximum is a warning. NAT gateways have no quota under a documented code.

Source of the codes: the quota tables of the VPC and EIP documentation, and the API documents of ListProductQuotas and
DescribeAccountAttributes, read 2026-11.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from provisioner.cloud import CloudClient, quotas
from provisioner.cloud.quotas import Quota
from provisioner.errors import Problem
from provisioner.inputs import ShootInput
from provisioner.run.checks.additions import NewNetwork, Sizes
from provisioner.run.checks.fields import Fields
from provisioner.run.checks.questions import Question, Questions, Subject, answer_of

QUOTA: Final = "QuotaExceeded"
"""The type of the problems here."""

_VCPUS, _USED_VCPUS = "max-postpaid-instance-vcpu-count", "used-postpaid-instance-vcpu-count"
_GROUPS, _EIPS, _VSWITCHES = "q_security-groups", "eip_quota_instances_num", "vpc_quota_vswitches_num"
_VPCS: Final = "vpc_quota_instances_num_{region}"
_FIX: Final = "ask for a greater quota in Quota Center, or remove what is not needed"


class NetworkQuotas:
    """The quotas of what a run adds to the network, asked for when this is made."""

    def __init__(self, questions: Questions, client: CloudClient, network: NewNetwork, fields: Fields) -> None:
        self._region = client.region
        self._network = network
        self._fields = fields
        self._groups: Question[dict[str, Quota]] | None = None
        self._vpcs: Question[dict[str, Quota]] | None = None
        self._eips: Question[dict[str, Quota]] | None = None
        self._vswitches: Question[int] | None = None

        def ask(what: str, *arguments: str) -> Question[dict[str, Quota]]:
            subject = Subject(f"the quota of {what}", "quotas:ListProductQuotas")
            return questions.ask(subject, quotas.product_quotas, client, *arguments)

        if network.has_security_group:
            self._groups = ask("security groups", "ecs", _GROUPS)
        if network.has_vpc or network.zones:
            self._vpcs = ask("VPCs and vSwitches", "vpc")
        if network.eips:
            self._eips = ask("EIPs", "eip")
        vpc_id = network.config.networks.vpc.id
        if network.zones and vpc_id is not None:
            subject = Subject("the quota of vSwitches", "vpc:DescribeVSwitches")
            self._vswitches = questions.ask(
                subject, quotas.count_objects, client, "vpc", "DescribeVSwitches", VpcId=vpc_id
            )

    def problems(self) -> Iterator[tuple[Problem, bool]]:
        """Yield each quota that does not suffice; all are errors."""
        network, of_vpc = self._network, answer_of(self._vpcs) or {}
        vpcs = of_vpc.get(_VPCS.format(region=self._region))
        if network.has_vpc:
            yield from self._judge("vpc.cidr", f"VPCs in {self._region}", vpcs, 1)
        vswitches = of_vpc.get(_VSWITCHES)
        if vswitches is not None:
            # The service tells no use, which differs from VPC to VPC.
            used = 0 if network.config.networks.vpc.id is None else answer_of(self._vswitches)
            yield from self._judge("zones", "vSwitches in a VPC", Quota(vswitches.limit, used), len(network.zones))
        eips = (answer_of(self._eips) or {}).get(_EIPS)
        yield from self._judge("zones", "EIPs of the account", eips, network.eips)
        groups = (answer_of(self._groups) or {}).get(_GROUPS)
        if network.has_security_group:
            yield from self._judge("vpc", f"security groups in {self._region}", groups, 1)

    def _judge(self, place: str, what: str, quota: Quota | None, needed: int) -> Iterator[tuple[Problem, bool]]:
        if not needed or quota is None or quota.used is None or quota.used + needed <= quota.limit:
            return
        detail = f"the quota of {what} is {quota.limit}, {quota.used} exist, and this run creates {needed}"
        yield Problem(self._fields.infrastructure, self._fields.network(place), QUOTA, detail, _FIX), True


class MachineQuotas:
    """
    The quota of vCPUs, asked for when this is made, if any pool grows; `current` gives the sizes of existing groups.

    What pools lose counts for those that grow.
    """

    def __init__(
        self,
        questions: Questions,
        client: CloudClient,
        target: ShootInput,
        sizes: Sequence[Sizes],
        current: Callable[[], Mapping[str, int]],
    ) -> None:
        self._region = client.region
        self._target = target
        self._sizes = sizes
        self._account: Question[dict[str, int]] | None = None
        self._current: Question[Mapping[str, int]] | None = None
        if not any(size.grows for size in sizes):
            return
        subject = Subject("the quota of vCPUs", "ecs:DescribeAccountAttributes")
        self._account = questions.ask(subject, quotas.account_attributes, client, (_VCPUS, _USED_VCPUS))
        if any(size.group_id for size in sizes):
            self._current = questions.ask(Subject("the sizes of pools", "ess:DescribeScalingGroups"), current)

    def problems(self) -> Iterator[tuple[Problem, bool]]:
        """Yield the quota if it does not suffice; if it does not only at the pools' maximum, that is no error."""
        account, current = answer_of(self._account) or {}, answer_of(self._current)
        if not {_VCPUS, _USED_VCPUS} <= account.keys() or (self._current is not None and current is None):
            return
        limit, used = account[_VCPUS], account[_USED_VCPUS]
        vcpus = _vcpus_by_type(self._target)
        now = most = 0
        for size in self._sizes:
            running = (current or {}).get(size.group_id or "", 0)
            each = vcpus.get(size.machine_type, 0)
            now += (max(size.minimum, min(size.maximum, running)) - running) * each
            most += (size.maximum - running) * each
        needed, limits = (now, "minimum") if now > 0 and used + now > limit else (most, "maximum")
        if needed <= 0 or used + needed <= limit:
            return
        detail = (
            f"the quota of vCPUs in {self._region} is {limit}, {used} are in use, and the pools' {limits} needs "
            f"{needed} more"
        )
        fields = Fields(self._target)
        yield Problem(fields.worker, fields.pools, QUOTA, detail, _FIX), limits == "minimum"


def _vcpus_by_type(target: ShootInput) -> dict[str, int]:
    """Return the vCPUs of the machine types that the input tells; fractions of one count as none."""
    told: dict[str, str] = {}
    if target.cloud_profile is not None:
        told |= {type_.name: type_.cpu for type_ in target.cloud_profile.spec.machine_types}
    for pool in target.worker.spec.pools if target.worker is not None else ():
        if pool.node_template is not None:
            told.setdefault(pool.machine_type, pool.node_template.capacity.get("cpu", ""))
    return {name: int(cpu) for name, cpu in told.items() if cpu.isdecimal()}

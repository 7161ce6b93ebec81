"""An action's view of the cloud while it runs: the caller, its parameters, and the resources."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeAlias

from provisioner.sandbox.cloud.access_keys import Caller
from provisioner.sandbox.cloud.catalogue import REGIONS, hashed_id
from provisioner.sandbox.cloud.errors import ActionError
from provisioner.sandbox.cloud.offer import Offer
from provisioner.sandbox.cloud.parameters import Parameters
from provisioner.sandbox.cloud.resource import VISIBLE_AT, Resource
from provisioner.sandbox.cloud.sealing import Sealer
from provisioner.sandbox.cloud.transaction import Transaction

Answer = dict[str, Any]

SERVED_AT = "SandboxEndpoint"
"""Parameter the HTTP door adds: its own `host:port`, so that no client is ever sent to a real endpoint."""

QUOTAS = {
    "vpc": 10,
    "secondary_cidr_block": 5,
    "vswitch": 150,
    "route_table": 9,
    "route_entry": 200,
    "nat_gateway": 5,
    "eip": 20,
    "security_group": 100,
    "vcpu": 20000,
    "security_group_rule": 200,
    "key_pair": 500,
    "launch_template": 30,
    "launch_template_version": 30,
    "image_share": 50,
    "scaling_group": 50,
    "scaling_configuration": 10,
    "snat_entry": 40,
    "scaling_group_size": 2000,
    "scaling_rule": 50,
    "load_balancer": 60,
    "ram_role": 1000,
    "ram_role_policy": 20,
    "ram_user": 1000,
    "ram_user_key": 2,
}
"""Defaults: per region (`vcpu`: of instances that are not spot), except secondary ranges, vSwitches, custom route
tables and NAT gateways per VPC, custom routes per table, rules per security group, SNAT entries per gateway,
configurations, instances and rules per scaling group, roles and users per account, policies per role, access keys per
user, versions per launch template and accounts that one image is shared with."""


@dataclass(frozen=True, slots=True)
class Process:
    """A process in an account that goes on by itself between two calls."""

    is_due: Callable[[Call], bool]
    """Return whether `advance` has something to do; it only reads."""
    advance: Callable[[Call], None]
    """Bring the process up to date."""


@dataclass(frozen=True, slots=True)
class Action:
    """One OpenAPI action."""

    run: Callable[[Call], Answer]
    mutates: bool
    process: Process | None = None
    """The processes to bring up to date before the action runs."""


ActionTable: TypeAlias = Mapping[tuple[str, str], Action]
"""Actions by API version and name."""


class Call:
    """One action being run, inside one transaction."""

    def __init__(
        self,
        tx: Transaction,
        caller: Caller,
        given: Mapping[str, str],
        *,
        settle_seconds: float,
        hidden_seconds: float,
        seed: str,
        sealer: Sealer,
    ) -> None:
        """Run for `caller` with the parameters `given`."""
        self.tx = tx
        self.caller = caller
        self.account = caller.account_id
        self.params = Parameters(given)
        self.now = tx.now
        self.settle_seconds = settle_seconds
        self._hidden_seconds = hidden_seconds
        self.sealer = sealer
        self._seed = seed

    @property
    def region(self) -> str:
        """The region the call is for; refused when there is none or no such region."""
        region = self.params.required("RegionId")
        if region not in REGIONS:
            raise ActionError("InvalidRegionId.NotFound", "The specified RegionId does not exist.", 404)
        return region

    @property
    def region_if_given(self) -> str | None:
        """The region the call is for, or None: some clients leave it out and mean the endpoint they talk to."""
        return self.region if "RegionId" in self.params else None

    def list(
        self, kind: str, *, parent: str | None = None, name: str | None = None, linked_to: str | None = None
    ) -> list[Resource]:
        """Return the caller's resources of one kind in the call's region, oldest first."""
        return self.tx.select(
            kind, account=self.account, region=self.region_if_given, parent=parent, name=name, linked_to=linked_to
        )

    def find(self, kind: str, id: str) -> Resource | None:
        """Return one of the caller's resources by id, None when it is not in the call's region."""
        found = self.tx.select(kind, id=id, account=self.account, region=self.region_if_given)
        return found[0] if found else None

    def get(self, kind: str, id: str, missing: ActionError) -> Resource:
        """Return one of the caller's resources by id or refuse with `missing`."""
        found = self.find(kind, id)
        if found is None:
            raise missing
        return found

    def create(
        self,
        kind: str,
        id: str,
        *,
        region: str,
        document: dict[str, Any],
        parent: str = "",
        name: str = "",
        links: Iterable[str] = (),
        settles: bool = False,
    ) -> Resource:
        """Add a resource that `list` finds by `links`; with `settles` it shows its transitional state first."""
        ready_at = self.now + self.settle_seconds if settles else self.now
        if self._hidden_seconds:
            document = {**document, VISIBLE_AT: self.now + self._hidden_seconds}
        resource = Resource(kind, id, self.account, region, parent, name, self.now, ready_at, None, document)
        self.tx.insert(resource, links)
        return resource

    def change_state(self, resource: Resource, transitional: str, settled: str) -> None:
        """Let a resource pass through one state into another, and write it back."""
        resource.document.update(TransitionalStatus=transitional, Status=settled)
        resource.ready_at = self.now + self.settle_seconds
        self.tx.update(resource)

    def vanish(self, resources: Iterable[Resource]) -> None:
        """Let resources show that they are being deleted until the settle time has passed."""
        for resource in resources:
            resource.gone_at = self.now + self.settle_seconds
            self.tx.update(resource)

    @contextmanager
    def at(self, moment: float, settle_seconds: float) -> Iterator[None]:
        """Let what is done meanwhile happen at another moment (seconds since the epoch) and settle in another time."""
        now, settles = self.now, self.settle_seconds
        self.now = self.tx.now = moment
        self.settle_seconds = settle_seconds
        try:
            yield
        finally:
            self.now = self.tx.now = now
            self.settle_seconds = settles

    def status(self, resource: Resource) -> str:
        """Return the state a resource shows now."""
        return resource.status(self.now)

    def new_id(self, prefix: str, region: str) -> str:
        """Return a new id, for example `vpc-gw8...`."""
        return f"{prefix}-{hashed_id(region, f'{self._seed}/{prefix}/{self.tx.next_number()}')}"

    def new_address(self) -> str:
        """Return a public IPv4 address that was never handed out."""
        # 47.240.0.0/14: an odd factor permutes the range, so neighbours do not look like neighbours.
        offset = (self.tx.next_number() * 40503 + 12345) % 2**18
        return f"47.{240 + (offset >> 16)}.{offset >> 8 & 255}.{offset & 255}"

    def check_quota(self, quota: str, used: int, refusal: ActionError) -> None:
        """Refuse when one more would exceed a quota."""
        if used >= self.quota(quota):
            raise refusal

    @property
    def offer(self) -> Offer:
        """What is sold where at this moment; each use reads it from the store."""
        return Offer(self.tx.settings("offer/"))

    def quota(self, quota: str) -> int:
        """Return a quota's limit."""
        changed = self.tx.setting(f"quota/{quota}")
        return QUOTAS[quota] if changed is None else int(changed)


def timestamp(seconds: float) -> str:
    """Return a time as the services print it: `2026-01-02T03:04:05Z`."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

"""The worker root: the pools of a shoot, planned for an infrastructure, and their machines."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, Future
from dataclasses import replace
from typing import Any

from provisioner.api.alicloud_v1alpha1 import MachineImage
from provisioner.api.extensions_v1alpha1 import Worker
from provisioner.cloud import current_sizes
from provisioner.cloud.machines import Machine
from provisioner.errors import Problem
from provisioner.ids import WORKER
from provisioner.inputs import status_images
from provisioner.render import render_root
from provisioner.run.checks.ess_limits import find_irremovable, key_pair_in_use
from provisioner.run.checks.plan_guard import PlanGuard
from provisioner.run.checks.user_network import require_own_placement
from provisioner.run.rolling import Roll, find_machines, find_rolls, start_roll
from provisioner.run.session import Session
from provisioner.run.shoot_root import R, ShootRoot
from provisioner.run.timing import timed
from provisioner.runner import Plan
from provisioner.translate.images import find_pool_images
from provisioner.translate.resource_types import KEY_PAIR, SCALING_GROUP, pool_instances
from provisioner.translate.status import applied_deployments, infrastructure_status, worker_status
from provisioner.translate.worker import Placement, translate_worker


class WorkerRoot(ShootRoot[R]):
    """
    The root module of a Worker.

    Its plan is preliminary while the Infrastructure has pending changes: it has stand-ins for ids that do not exist
    yet.
    """

    def __init__(
        self,
        root: R,
        session: Session,
        worker: Worker,
        guard: PlanGuard,
        executor: Executor,
        *,
        infrastructure_outputs: Callable[[], Mapping[str, Any]],
        creates: bool,
    ) -> None:
        super().__init__(root)
        self._session = session
        self._worker = worker
        self._guard = guard
        self._infrastructure_outputs = infrastructure_outputs
        self._creates = creates
        self._is_placed = False
        self._sizes: dict[str, int | None] = {}
        """By scaling group id; None for a group that is gone."""
        self._machines: Future[list[Machine]] | None = None
        if self._groups():
            # In the background; machines that start later are of the newest revision anyway.
            self._machines = executor.submit(find_machines, session.client, session.target.identity.technical_id)

    @property
    def will_create(self) -> bool:
        """Whether every plan of the root creates something; a Worker without pools creates nothing."""
        return self.root.is_new and bool(self._worker.spec.pools)

    def find_irremovable(self) -> list[Problem]:
        """Return a problem for each setting that a pool drops and Auto Scaling cannot remove."""
        target = self._session.target
        reference = target.identity.reference if target.is_of_shoot else self._worker.reference
        return find_irremovable(self.root.state(), self._worker, target.user_data, reference)

    def look_around(self) -> None:
        """Accept the network that the pools begin to use, looked at once; raises as `require_own_placement`."""
        if self._creates and not self._is_placed:
            require_own_placement(self._session, self.root.state())
            self._is_placed = True

    def sizes_by_group(self) -> Mapping[str, int]:
        """
        Return the size of each scaling group in the state that exists, by its id.

        Raises:
            CloudError: the cloud refused, or could not be reached.
        """
        self._current_sizes()
        return {group: size for group, size in self._sizes.items() if size is not None}

    def write(self, *, is_preliminary: bool = False) -> None:
        """
        Write the root module for the infrastructure as it is now.

        Raises:
            ManifestError: the infrastructure lacks an id that a pool needs (never if it `is_preliminary`), or the
                Worker is about to use another shoot's network.
            CloudError: the cloud refused, or could not be reached.
        """
        self.look_around()
        target = self._session.target
        variables = translate_worker(
            self._worker,
            target.identity.technical_id,
            self._session.entry_name,
            images=self._images(),
            placement=self._preliminary_placement() if is_preliminary else self._placement(),
            sizes=self._current_sizes(),
            is_hibernated=target.is_hibernated,
            user_data=target.user_data,
            applied=applied_deployments(self.root.outputs()),
        )
        self.root.write(render_root(WORKER, variables, self._session.provider_settings(), target.user_data))

    def check(self, plan: Plan) -> None:
        """Accept a plan that can be carried out; raises as `PlanGuard.check`."""
        self._guard.check(self.root, plan)

    def has_infrastructure(self) -> bool:
        """Return whether the infrastructure has every id that the pools need."""
        placement = self._placement()
        return bool(placement.security_group_id) and self._zones() <= set(placement.vswitch_ids)

    def announce_rolls(self) -> list[Roll]:
        """
        Announce and return the machines to replace; the look at them began with the run.

        Raises:
            CloudError: the cloud refused, or could not be reached.
        """
        if self._machines is None:
            return []
        user_data, machines = self._session.target.user_data, self._machines.result()
        rolls = find_rolls(self._session.client, self._worker, user_data, self._groups(), machines)
        for roll in rolls:
            self._session.context.reporter.step(str(roll))
        return rolls

    def roll(self, rolls: Sequence[Roll]) -> list[Roll]:
        """
        Begin to replace machines where no task is under way, and return the rolls that are under way then.

        Raises:
            CloudError: the cloud refused, or could not be reached.
        """
        client = self._session.client
        begun = [replace(roll, task=roll.task or start_roll(client, self._worker, roll)) for roll in rolls]
        return [roll for roll in begun if roll.task is not None]

    def _zones(self) -> set[str]:
        return {zone for pool in self._worker.spec.pools for zone in pool.zones}

    def _images(self) -> Mapping[str, MachineImage]:
        """Return the image of each pool; a pool with an encrypted system disk keeps its encrypted copy."""
        target = self._session.target
        status = worker_status(self.root.outputs())
        in_use = status.machine_images if status else ()
        if target.cloud_profile is None or not any(image.encrypted for image in in_use):
            return target.images
        known = find_pool_images(self._worker, target.cloud_profile, (*status_images(self._worker), *in_use)).found
        return {**target.images, **{pool: image for pool, image in known.items() if image.encrypted}}

    def _placement(self) -> Placement:
        """Return the infrastructure's ids that the pools need, as far as they exist."""
        if self._session.target.worker_is_linked:
            status = infrastructure_status(self._infrastructure_outputs())
        else:
            status = self._worker.spec.infrastructure_provider_status
        placement = Placement.from_status(status) if status is not None else Placement({}, "", None)
        if placement.key_pair_name is None:
            return replace(placement, key_pair_name=key_pair_in_use(self.root.state()))
        return placement

    def _preliminary_placement(self) -> Placement:
        """Return the ids that the pools need, with stand-ins for those that the Infrastructure is about to create."""
        target, infrastructure = self._session.target, self._session.target.infrastructure
        config = infrastructure.spec.provider_config if infrastructure else None
        declared = {zone.name for zone in config.networks.zones} if config else set()
        placement = self._placement()
        placement = placement.with_stand_ins(self._zones() & (declared | set(placement.vswitch_ids)))
        if placement.key_pair_name is None and infrastructure and infrastructure.spec.ssh_public_key:
            return replace(placement, key_pair_name=KEY_PAIR.name_of(target.identity.technical_id))
        return placement

    def _current_sizes(self) -> dict[tuple[str, str], int]:
        """Return the size of each scaling group in the state, including adopted ones; ask for each once per run."""
        groups = self._groups()
        unasked = set(groups.values()) - self._sizes.keys()
        if unasked:
            with timed("ask for current sizes"):
                self._sizes |= dict.fromkeys(unasked) | current_sizes(self._session.client, unasked)
        return {place: size for place, group in groups.items() if (size := self._sizes[group]) is not None}

    def _groups(self) -> dict[tuple[str, str], str]:
        """Return the ids of the scaling groups in the state, by pool and zone."""
        instances = pool_instances(self.root.state(), SCALING_GROUP)
        return {(pool, str(instance.address.key)): instance.id for pool, instance in instances}

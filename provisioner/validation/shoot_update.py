"""
What may change in a Shoot, an Infrastructure or a Worker once it exists, apart from networks in the cloud and pools.

Source: gardener pkg/api/core/validation/shoot.go and pkg/api/extensions/validation;
gardener-extension-provider-alicloud pkg/apis/alicloud/validation/shoot.go (ValidateNetworkingUpdate), read 2026-11.
"""

from __future__ import annotations

from collections.abc import Iterator

from provisioner.api.core_v1beta1 import Networking, Shoot, ShootKubernetes, ShootWorker, WorkerKubernetes
from provisioner.api.text import show, show_list, show_name
from provisioner.errors import Problem
from provisioner.gardener.update_strategies import IN_PLACE
from provisioner.validation.cidrs import is_range
from provisioner.validation.extension_objects import ExtensionSubject
from provisioner.validation.findings import Change, Rule
from provisioner.validation.immutability import check_deletion, check_unchanged, check_version_change
from provisioner.validation.shoot import ShootSubject

ShootChange = Change[ShootSubject]
ExtensionChange = Change[ExtensionSubject]

_ELSEWHERE = "restore the old value; a shoot in another place has to be created there"
_DEFAULT_CLASS = "shoot"
_DEFAULT_FAMILIES = ("IPv4",)
_DUAL_STACK = ("IPv4", "IPv6")
_OPERATION = "gardener.cloud/operation"
_FORCED = "force-in-place-update"


def check_place(change: ShootChange) -> Iterator[Problem]:
    """Yield a problem if a Shoot changes its region; another cloud is refused by reading already."""
    old, new = change.old.shoot.spec, change.new.shoot.spec
    yield from check_unchanged(change, "spec.region", old.region, new.region, _ELSEWHERE)


def check_profile(change: ShootChange) -> Iterator[Problem]:
    """
    Yield a problem if a Shoot goes to another CloudProfile; the NamespacedCloudProfiles of one are no other.

    Source: gardener pkg/utils/gardener/cloudprofile.go (ValidateCloudProfileChanges), read 2026-11.
    """
    old, new = change.old.root_profile, change.new.root_profile
    if old and new and old != new:
        path = "spec.cloudProfile" if change.new.shoot.spec.cloud_profile else "spec.cloudProfileName"
        detail = f"cannot go to another CloudProfile: it was {show(old)}, and would be {show(new)}"
        yield change.problem(path, "Forbidden", detail, f"name {show(old)}, or a NamespacedCloudProfile of it")


def check_workers(change: ShootChange) -> Iterator[Problem]:
    """Yield a problem if a Shoot gets its first workers, or loses all that it has."""
    old, new = change.old.shoot.spec.provider.workers, change.new.shoot.spec.provider.workers
    if bool(old) != bool(new):
        detail = "a Shoot with workers cannot become one without, nor the other way round"
        yield change.problem(
            "spec.provider.workers", "Forbidden", detail, "keep a pool with maximum: 0, or use another Shoot"
        )


def check_kubernetes_version(change: ShootChange) -> Iterator[Problem]:
    """Yield a problem if the Kubernetes version of a Shoot goes back, or skips a minor one."""
    old, new = change.old.shoot.spec.kubernetes, change.new.shoot.spec.kubernetes
    if old is not None and new is not None:
        path = "spec.kubernetes.version"
        yield from check_version_change(change, path, old.version, new.version, may_skip=False)


def check_networking(change: ShootChange) -> Iterator[Problem]:
    """Yield a problem if a range of a Shoot changes; one that was missing, or was no range, may be given."""
    old, new = change.old.shoot.spec.networking, change.new.shoot.spec.networking or Networking()
    if old is None:
        return
    fields = (("pods", old.pods, new.pods), ("services", old.services, new.services), ("nodes", old.nodes, new.nodes))
    for name, was, now in fields:
        if is_range(was):
            yield from check_unchanged(change, f"spec.networking.{name}", was, now)
    if old.type is not None:
        yield from check_unchanged(change, "spec.networking.type", old.type, new.type)


def check_ip_families(change: ShootChange) -> Iterator[Problem]:
    """
    Yield a problem if the IP families of a Shoot change other than between IPv4 alone and IPv4 before IPv6.

    Source: gardener pkg/api/core/validation/shoot.go (validateIPFamiliesUpdate), read 2026-12.
    """
    old, new = change.old.shoot.spec.networking, change.new.shoot.spec.networking
    if old is None or new is None:
        return
    was, now = old.ip_families or _DEFAULT_FAMILIES, new.ip_families or _DEFAULT_FAMILIES
    if was != now and {was, now} != {_DEFAULT_FAMILIES, _DUAL_STACK}:
        detail = f"cannot change from {show_list(was)} to {show_list(now)}"
        yield change.problem("spec.networking.ipFamilies", "Forbidden", detail, f"write [{', '.join(was)}]")


def check_bindings(change: ShootChange) -> Iterator[Problem]:
    """Yield a problem if a Shoot loses its CredentialsBinding, or goes from its SecretBinding to anything else."""
    old, new = change.old.shoot.spec, change.new.shoot.spec
    if not old.provider.workers or not new.provider.workers:
        return
    if old.credentials_binding_name and not new.credentials_binding_name:
        detail = f"cannot be unset: it was {show(old.credentials_binding_name)}"
        yield change.problem("spec.credentialsBindingName", "Forbidden", detail, "name a CredentialsBinding")
    elif old.secret_binding_name and not (new.credentials_binding_name and not new.secret_binding_name):
        fix = f"write {show(old.secret_binding_name)}, or name a CredentialsBinding instead"
        path = "spec.secretBindingName"
        yield from check_unchanged(change, path, old.secret_binding_name, new.secret_binding_name, fix)


def check_identity(change: ShootChange) -> Iterator[Problem]:
    """Yield a problem if a value changes that the names in the cloud and the place of the state are made from."""
    old, new = change.old.shoot.status, change.new.shoot.status
    if old is None or new is None:
        return
    for path, was, now in (
        ("status.technicalID", old.technical_id, new.technical_id),
        ("status.uid", old.uid, new.uid),
    ):
        if was:
            yield from check_unchanged(change, path, was, now)


def check_pending_updates(change: ShootChange) -> Iterator[Problem]:
    """
    Yield a problem for each pool that changes, itself or by the shoot's Kubernetes, while it is being updated in place.

    Source: gardener pkg/api/core/validation/shoot.go (ValidateInPlaceUpdates), read 2026-12.
    """
    old, new = change.old.shoot, change.new.shoot
    pending = new.pending_pools or old.pending_pools
    if not pending or new.metadata.annotations.get(_OPERATION) == _FORCED:
        return
    before = {worker.name: worker for worker in old.spec.provider.workers}
    for index, worker in enumerate(new.spec.provider.workers):
        was = before.get(worker.name)
        if was is None or worker.name not in pending or worker.update_strategy not in IN_PLACE:
            continue
        if worker != was or _kubelet_of(worker, new) != _kubelet_of(was, old):
            detail = (
                f"pool {show_name(worker.name)} cannot change, nor its Kubernetes, while it is being updated in place"
            )
            fix = f"wait until the update is done, or annotate the Shoot with {_OPERATION}={_FORCED}"
            yield change.problem(f"spec.provider.workers[{index}]", "Forbidden", detail, fix)


def _kubelet_of(worker: ShootWorker, shoot: Shoot) -> tuple[str, object]:
    """Return version and settings of a pool's kubelets."""
    own, shared = worker.kubernetes or WorkerKubernetes(), shoot.spec.kubernetes or ShootKubernetes()
    return own.version or shared.version, shared.kubelet if own.kubelet is None else own.kubelet


def check_shoot_deletion(change: ShootChange) -> Iterator[Problem]:
    """Yield a problem if a Shoot changes while it is being deleted."""
    yield from check_deletion(change, change.old.shoot, change.new.shoot)


def check_extension_object(change: ExtensionChange) -> Iterator[Problem]:
    """Yield a problem if an Infrastructure or a Worker changes its region or class, or while being deleted."""
    old, new = change.old.item.spec, change.new.item.spec
    yield from check_unchanged(change, "spec.region", old.region, new.region, _ELSEWHERE)
    was, now = old.extension_class or _DEFAULT_CLASS, new.extension_class or _DEFAULT_CLASS
    yield from check_unchanged(change, "spec.class", was, now)
    yield from check_deletion(change, change.old.item, change.new.item)


SHOOT_UPDATE_RULES: tuple[Rule[ShootChange], ...] = (
    Rule(check_place, in_schema="before"),
    Rule(check_profile, in_schema="before"),
    Rule(check_workers, in_schema="before"),
    Rule(check_kubernetes_version, in_schema="before"),
    Rule(check_networking, in_schema="before"),
    Rule(check_ip_families, in_schema="before"),
    Rule(check_bindings, in_schema="before"),
    Rule(check_identity, in_schema="before"),
    Rule(check_pending_updates, in_schema="before"),
    Rule(check_shoot_deletion, in_schema="before"),
)

EXTENSION_UPDATE_RULES: tuple[Rule[ExtensionChange], ...] = (Rule(check_extension_object, in_schema="before"),)

"""Applies the rules to every object of the input, and to its older form if there is one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

from provisioner.api.collection import Manifests
from provisioner.api.core_v1beta1 import CloudProfile, Shoot
from provisioner.api.extensions_v1alpha1 import BackupBucket, Infrastructure, Worker
from provisioner.api.projects import find_contradictions
from provisioner.errors import Problem
from provisioner.validation.address_limits import ADDRESS_LIMIT_RULES
from provisioner.validation.backup import (
    BACKUP_BUCKET_RULES,
    BACKUP_ENTRY_RULES,
    RETENTION_RULES,
    SECRET_REFERENCE_RULES,
    RetentionSubject,
)
from provisioner.validation.backup_update import BUCKET_UPDATE_RULES, ENTRY_UPDATE_RULES, RETENTION_UPDATE_RULES
from provisioner.validation.cloud_profile import PROFILE_CONFIG_RULES, PROFILE_RULES, ProfileConfigSubject
from provisioner.validation.cloud_profile_update import PROFILE_UPDATE_RULES
from provisioner.validation.credentials import (
    CREDENTIALS_RULES,
    CredentialsSubject,
    extension_credentials,
    shoot_credentials,
)
from provisioner.validation.disks import DISK_RULES
from provisioner.validation.dual_stack import DUAL_STACK_RULES
from provisioner.validation.extension_objects import CLUSTER_RULES, EXTENSION_RULES, ClusterSubject
from provisioner.validation.findings import Change, Findings, Report, Rule, Subject
from provisioner.validation.images import IMAGE_RULES
from provisioner.validation.infrastructure import INFRASTRUCTURE_RULES, InfrastructureSubject
from provisioner.validation.infrastructure_update import INFRASTRUCTURE_UPDATE_RULES
from provisioner.validation.kubernetes_versions import KUBERNETES_RULES, POOL_KUBERNETES_RULES
from provisioner.validation.machine_disks import MACHINE_DISK_RULES
from provisioner.validation.machines import MACHINE_RULES
from provisioner.validation.networking import NETWORKING_RULES
from provisioner.validation.nodes import NODE_RULES
from provisioner.validation.old_objects import OldObjects
from provisioner.validation.pool_options import POOL_OPTION_RULES
from provisioner.validation.pool_sizes import POOL_SIZE_RULES, SHOOT_POOL_SIZE_RULES
from provisioner.validation.pool_update import POOL_UPDATE_RULES
from provisioner.validation.pools import find_unused_configs
from provisioner.validation.scaling_disks import SCALING_DISK_RULES
from provisioner.validation.secrets import SECRET_RULES, SecretSubject
from provisioner.validation.shoot import PROJECT_RULES, SHOOT_RULES, ProjectSubject
from provisioner.validation.shoot_pools import SHOOT_POOL_RULES
from provisioner.validation.shoot_update import EXTENSION_UPDATE_RULES, SHOOT_UPDATE_RULES
from provisioner.validation.subjects import (
    bucket_retention,
    bucket_subject,
    cluster_control_plane,
    config_subject,
    control_plane_document,
    control_plane_subject,
    entry_subject,
    extension_subject,
    image_choices,
    image_uses,
    infrastructure_subject,
    pool_images,
    profile_config,
    profile_subject,
    seed_retention,
    shoot_control_plane,
    shoot_infrastructure,
    shoot_networking,
    shoot_pools,
    shoot_subject,
    shoot_zone_capacity,
    worker_pools,
    worker_zone_capacity,
)
from provisioner.validation.zone_capacity import ZONE_CAPACITY_RULES

if TYPE_CHECKING:
    from provisioner.api.core_v1beta1.namespaced_cloud_profile import NamespacedCloudProfile
    from provisioner.validation.control_plane import ControlPlaneSubject

SubjectT = TypeVar("SubjectT", bound=Subject)

_NETWORK_RULES = (*INFRASTRUCTURE_RULES, *DUAL_STACK_RULES, *ADDRESS_LIMIT_RULES)
_POOL_RULES = (
    *POOL_SIZE_RULES,
    *MACHINE_RULES,
    *DISK_RULES,
    *SCALING_DISK_RULES,
    *MACHINE_DISK_RULES,
    *NODE_RULES,
    *POOL_OPTION_RULES,
)
_RETENTION = (RETENTION_RULES, RETENTION_UPDATE_RULES)
_SHOOT_POOL_RULES = (*_POOL_RULES, *SHOOT_POOL_SIZE_RULES, *SHOOT_POOL_RULES, *POOL_KUBERNETES_RULES, *IMAGE_RULES)


def validate(
    manifests: Manifests, old: Manifests | None = None, now: datetime | None = None, *, has_credentials: bool = False
) -> Findings:
    """
    Return every error, warning and note, including those from reading; never raises for bad input.

    With `has_credentials` an access key is known that is in no manifest, so the manifests need none.

    With `old`, the older forms of the same objects, the rules for updates apply, too, and an old problem is a warning
    where the rule allows it. The context, such as the CloudProfile of a Shoot, is always that of the new input.

    What has expired is decided for the time `now`, which is the machine's unless given.
    """
    validation = _Validation(manifests, old, now or datetime.now(UTC), has_credentials)
    return validation.run()


class _Validation:
    """One run over one input."""

    def __init__(self, manifests: Manifests, old: Manifests | None, now: datetime, has_credentials: bool) -> None:
        self._manifests = manifests
        self._now = now
        self._has_credentials = has_credentials
        self._credentials_in_use: set[int] = set()
        self._old_objects = OldObjects(old)
        self._report = Report(manifests.unread, self._old_objects.manifests.unread)

    def run(self) -> Findings:
        """Return what is found."""
        manifests, old_objects, report = self._manifests, self._old_objects, self._report
        old = old_objects.manifests
        report.add_reading_errors(manifests.errors)
        report.add_reading_errors(replace(problem, detail=f"(--old) {problem.detail}") for problem in old.errors)
        report.add_warnings((*manifests.skipped, *manifests.warnings))
        # No mark for running clusters: with the technical ID of another shoot a run would work on that one.
        report.add_errors(find_contradictions(manifests.shoots, manifests.projects))
        # A Project has no status here; it exists if a Shoot of the input does.
        is_new = all(shoot.status is None for shoot in manifests.shoots) and not old_objects.is_given
        for project in manifests.projects:
            report.apply(PROJECT_RULES, ProjectSubject(project.reference, is_new, project))
        for profile in manifests.cloud_profiles:
            self._check_profile(profile)
        for item in manifests.namespaced_cloud_profiles:
            self._check_namespaced_profile(item)
        for shoot in manifests.shoots:
            self._check_shoot(shoot)
        for cluster in manifests.clusters:
            report.apply(CLUSTER_RULES, ClusterSubject(cluster.reference, False, cluster))
        for infrastructure in manifests.infrastructures:
            self._check_infrastructure(infrastructure)
        for worker in manifests.workers:
            self._check_worker(worker)
        self._check_control_planes()
        self._check_backups()
        self._check_nameless()
        for secret in (*manifests.secrets, *manifests.internal_secrets):
            is_in_use = id(secret) in self._credentials_in_use or manifests.has_credentials(secret)
            report.apply(SECRET_RULES, SecretSubject(secret.reference, True, secret, is_in_use))
        report.add_notes(self._absent_bucket())
        report.add_warnings(self._unmatched())
        findings = report.findings()
        if not old.errors:
            return findings
        # They may have been so before.
        errors = tuple(problem for problem in findings.errors if problem not in set(findings.undecided))
        return replace(findings, errors=errors)

    def _check_nameless(self) -> None:
        """Check provider configurations that are documents of their own."""
        manifests, old_objects, report = self._manifests, self._old_objects, self._report
        old = old_objects.manifests
        for mapping in manifests.cloud_profile_configs:
            was = old_objects.document_of(manifests.cloud_profile_configs, old.cloud_profile_configs)
            subject = ProfileConfigSubject(mapping.kind, False, "", mapping, None)
            before = ProfileConfigSubject(mapping.kind, False, "", was, None) if was else None
            report.apply(PROFILE_CONFIG_RULES, subject, before)
        for config in manifests.infrastructure_configs:
            was_config = old_objects.document_of(manifests.infrastructure_configs, old.infrastructure_configs)
            self._check_network(config_subject(config), config_subject(was_config) if was_config else None)

    def _check(
        self,
        rules: tuple[Iterable[Rule[SubjectT]], Iterable[Rule[Change[SubjectT]]]],
        new: SubjectT,
        old: SubjectT | None,
    ) -> None:
        """Run rules over a subject, and those for updates over its change."""
        for_all, for_updates = rules
        self._report.apply(for_all, new, old)
        if old is not None:
            self._report.apply(for_updates, Change(new.label, False, old, new))

    def _check_profile(self, profile: CloudProfile) -> None:
        """Check a CloudProfile and the mapping in it."""
        was = self._old_objects.form_of(profile)
        uses = tuple(image_uses(self._manifests, self._shoots(), profile)) if was else ()
        before = profile_subject(was, ()) if was else None
        self._check((PROFILE_RULES, PROFILE_UPDATE_RULES), profile_subject(profile, uses), before)
        mapping = profile_config(profile)
        if mapping is not None:
            self._report.apply(PROFILE_CONFIG_RULES, mapping, profile_config(was) if was else None)

    def _check_namespaced_profile(self, item: NamespacedCloudProfile) -> None:
        """Check a NamespacedCloudProfile and the mapping in it, beside the parent of the new input."""
        # Only here: hardly any input has one.
        from provisioner.api.profiles import effective_profile
        from provisioner.validation import namespaced_cloud_profile as rules
        from provisioner.validation.override_subjects import namespaced_profile_subject, override_config

        manifests, was, report = self._manifests, self._old_objects.form_of(item), self._report
        self._check(
            (rules.NAMESPACED_PROFILE_RULES, rules.NAMESPACED_PROFILE_UPDATE_RULES),
            namespaced_profile_subject(manifests, item),
            namespaced_profile_subject(manifests, was) if was else None,
        )
        mapping = override_config(manifests, item)
        if mapping is not None:
            report.apply(PROFILE_CONFIG_RULES, mapping, override_config(manifests, was) if was else None)
        now = manifests.effective_profile(item)
        before = effective_profile(was, manifests.parent_of(item)) if was else None
        if now is not None and before is not None:
            uses = tuple(use for shoot in self._shoots_of_overrides.get(id(item), ()) for use in pool_images(shoot))
            change = Change(item.reference, False, profile_subject(before, uses), profile_subject(now, uses))
            report.apply(PROFILE_UPDATE_RULES, change)

    @cached_property
    def _shoots_of_overrides(self) -> dict[int, list[Shoot]]:
        """The known Shoots of each NamespacedCloudProfile, by its identity in memory."""
        found: dict[int, list[Shoot]] = {}
        for shoot in self._shoots():
            if shoot.has_namespaced_profile:
                found.setdefault(id(self._manifests.namespaced_profile_of(shoot)), []).append(shoot)
        return found

    def _shoots(self) -> Iterator[Shoot]:
        """Yield every known Shoot, from the input if it is there, else its older form."""
        yield from self._manifests.shoots
        names = {(shoot.metadata.namespace, shoot.metadata.name) for shoot in self._manifests.shoots}
        for shoot in self._old_objects.manifests.shoots:
            if (shoot.metadata.namespace, shoot.metadata.name) not in names:
                yield shoot

    def _check_shoot(self, shoot: Shoot) -> None:
        """Check a Shoot and everything in it."""
        manifests, was = self._manifests, self._old_objects.form_of(shoot)
        self._check(
            ((*SHOOT_RULES, *KUBERNETES_RULES), SHOOT_UPDATE_RULES),
            shoot_subject(manifests, shoot, self._now, was),
            shoot_subject(manifests, was, self._now, was) if was else None,
        )
        if not shoot.is_workerless:
            self._check_credentials(shoot_credentials(manifests, shoot))
        networking = shoot_networking(shoot)
        if networking is not None:
            self._report.apply(NETWORKING_RULES, networking, shoot_networking(was) if was else None)
        network = shoot_infrastructure(manifests, shoot)
        old_network = shoot_infrastructure(manifests, was) if was else None
        if network is not None:
            self._check_network(network, old_network)
        self._check_control_plane(
            shoot_control_plane(shoot), shoot_control_plane(was) if was else None, was is not None
        )
        pools = shoot_pools(manifests, shoot, self._now, was)
        old_pools = shoot_pools(manifests, was, self._now, is_old=True) if was else None
        self._check((_SHOOT_POOL_RULES, POOL_UPDATE_RULES), pools, old_pools)
        self._report.add_warnings(find_unused_configs(pools))
        self._report.add_choices(image_choices(pools))
        if network is not None:
            old_room = shoot_zone_capacity(old_network, old_pools) if old_network and old_pools else None
            self._report.apply(ZONE_CAPACITY_RULES, shoot_zone_capacity(network, pools), old_room)

    def _check_infrastructure(self, infrastructure: Infrastructure) -> None:
        """Check an Infrastructure. Without a Cluster, pods and services are unknown and their rules are silent."""
        manifests, was = self._manifests, self._old_objects.form_of(infrastructure)
        self._check(
            (EXTENSION_RULES, EXTENSION_UPDATE_RULES),
            extension_subject(manifests, infrastructure),
            extension_subject(manifests, was) if was else None,
        )
        self._check_credentials(extension_credentials(manifests, infrastructure))
        network = infrastructure_subject(manifests, infrastructure)
        if network is not None:
            self._check_network(network, infrastructure_subject(manifests, was) if was else None)

    def _check_worker(self, worker: Worker) -> None:
        """Check a Worker."""
        manifests, was = self._manifests, self._old_objects.form_of(worker)
        self._check(
            (EXTENSION_RULES, EXTENSION_UPDATE_RULES),
            extension_subject(manifests, worker),
            extension_subject(manifests, was) if was else None,
        )
        self._check_credentials(extension_credentials(manifests, worker))
        old_pools = worker_pools(manifests, was) if was else None
        pools = worker_pools(manifests, worker)
        self._check((_POOL_RULES, POOL_UPDATE_RULES), pools, old_pools)
        self._report.add_warnings(find_unused_configs(pools))
        capacity = worker_zone_capacity(manifests, worker)
        if capacity is not None:
            self._report.apply(ZONE_CAPACITY_RULES, capacity, worker_zone_capacity(manifests, was) if was else None)

    def _check_control_planes(self) -> None:
        """Check the ControlPlaneConfigs that are not part of a Shoot."""
        manifests, old_objects = self._manifests, self._old_objects
        for item in manifests.control_planes:
            was = old_objects.form_of(item)
            old_config = control_plane_subject(manifests, was) if was else None
            self._check_control_plane(control_plane_subject(manifests, item), old_config, was is not None)
        for cluster in manifests.clusters:
            self._check_control_plane(cluster_control_plane(cluster), None, is_update=False)
        for config in manifests.control_plane_configs:
            before = old_objects.document_of(
                manifests.control_plane_configs, old_objects.manifests.control_plane_configs
            )
            self._check_control_plane(
                control_plane_document(config, is_new=True),
                control_plane_document(before, is_new=False) if before else None,
                before is not None,
            )

    def _check_control_plane(
        self, new: ControlPlaneSubject | None, old: ControlPlaneSubject | None, is_update: bool
    ) -> None:
        """Check a ControlPlaneConfig, wherever it is. In an update, one where none was is all new."""
        if new is not None:
            from provisioner.validation.control_plane import CONTROL_PLANE_RULES, RETIRED_FIELD_RULES  # only here

            is_added = is_update and old is None
            self._report.apply(CONTROL_PLANE_RULES, replace(new, is_new=new.is_new or is_added), old)
            self._report.apply(RETIRED_FIELD_RULES, replace(new, is_new=is_added), old)

    def _check_credentials(self, subject: CredentialsSubject) -> None:
        """Check the way to an object's credentials; they may also be in the environment."""
        if subject.secret is not None:
            self._credentials_in_use.add(id(subject.secret))
        elif self._has_credentials:
            subject.absent_secret = ""
        self._report.apply(CREDENTIALS_RULES, subject)

    def _check_network(self, new: InfrastructureSubject, old: InfrastructureSubject | None) -> None:
        """Check an InfrastructureConfig, wherever it is."""
        self._check((_NETWORK_RULES, INFRASTRUCTURE_UPDATE_RULES), new, old)

    def _check_backups(self) -> None:
        """Check everything about buckets: their objects, their protection wherever it is, and the entries in them."""
        manifests, old_objects = self._manifests, self._old_objects
        old = old_objects.manifests
        for bucket in manifests.backup_buckets:
            self._check_bucket(bucket)
        for retention in manifests.backup_bucket_configs:
            was_retention = old_objects.document_of(manifests.backup_bucket_configs, old.backup_bucket_configs)
            self._check(
                _RETENTION,
                RetentionSubject(retention.kind, True, "", retention),
                RetentionSubject(retention.kind, False, "", was_retention) if was_retention else None,
            )
        for entry in manifests.backup_entries:
            was_entry = old_objects.form_of(entry)
            self._check(
                (BACKUP_ENTRY_RULES, ENTRY_UPDATE_RULES),
                entry_subject(manifests, entry),
                entry_subject(manifests, was_entry) if was_entry else None,
            )
        for seed in manifests.seeds:
            was_seed = old_objects.form_of(seed)
            asked = seed_retention(seed)
            if asked is not None:
                self._check(_RETENTION, asked, seed_retention(was_seed) if was_seed else None)

    def _check_bucket(self, bucket: BackupBucket) -> None:
        """Check a BackupBucket and the protection in it."""
        manifests, was = self._manifests, self._old_objects.form_of(bucket)
        subject, before = bucket_subject(manifests, bucket), bucket_subject(manifests, was) if was else None
        self._check((BACKUP_BUCKET_RULES, BUCKET_UPDATE_RULES), subject, before)
        self._report.apply(SECRET_REFERENCE_RULES, replace(subject, is_new=False))
        self._check(_RETENTION, bucket_retention(bucket), bucket_retention(was) if was else None)

    def _absent_bucket(self) -> Iterable[Problem]:
        """Yield a problem if the input has something to provision, and not the one BackupBucket to keep its state."""
        manifests = self._manifests
        shoots = [shoot for shoot in manifests.shoots if not shoot.is_workerless]
        if not (shoots or manifests.infrastructures or manifests.workers):
            return
        kind = "BackupEntry" if manifests.state_buckets else "BackupBucket"
        absent = manifests.describe_absent_bucket()
        if absent is not None and not manifests.unread.may_have(kind):
            yield Problem("input", "", "Required", *absent)

    def _unmatched(self) -> Iterable[Problem]:
        """Yield a problem if there are older objects, and none of them is one of the input."""
        if self._old_objects.is_given and not self._old_objects.has_match and not self._old_objects.manifests.errors:
            detail = "no old object has the kind, name and namespace of one in the input, so nothing is compared"
            yield Problem("input", "", "Required", detail, "give the same objects from before the change")

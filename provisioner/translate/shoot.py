"""A Shoot as the Infrastructure and Worker that gardenlet would make of it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from provisioner.api.alicloud_v1alpha1 import InfrastructureStatus
from provisioner.api.core_v1beta1 import CloudProfile, ClusterAutoscalerOptions, Secret, Shoot, ShootWorker
from provisioner.api.extensions_v1alpha1 import (
    Infrastructure,
    InfrastructureSpec,
    NodeTemplate,
    PoolMachineImage,
    UserDataSecretReference,
    Worker,
    WorkerPool,
    WorkerSpec,
)
from provisioner.api.model import ObjectMeta, SecretReference
from provisioner.api.secret_names import CREDENTIALS_SECRET, ssh_secret_name, user_data_secret_name
from provisioner.gardener.image_offer import pool_architecture
from provisioner.gardener.images import DEFAULT_ARCHITECTURE
from provisioner.gardener.machine_access import SSH_KEY, USER_DATA_KEY
from provisioner.gardener.node_labels import gardenlet_labels
from provisioner.ids import TechnicalId

FindSecret = Callable[[str], Secret | None]
"""Looks a Secret up by name in the input."""


def translate_shoot_infrastructure(shoot: Shoot, technical_id: TechnicalId, find_secret: FindSecret) -> Infrastructure:
    """
    Return the Infrastructure of a Shoot. Its SSH public key is in Secret `<shoot>.ssh-keypair` if the input has it.

    Source: gardener pkg/gardenlet/operation/botanist/infrastructure.go, read 2026-07.
    """
    keypair = find_secret(ssh_secret_name(shoot.metadata.name))
    ssh_public_key = keypair.decoded(SSH_KEY) if keypair else None
    settings = shoot.spec.provider.workers_settings
    if settings is not None and settings.ssh_access is not None and not settings.ssh_access.enabled:
        ssh_public_key = None
    return Infrastructure(
        metadata=ObjectMeta(name=shoot.metadata.name, namespace=technical_id),
        spec=InfrastructureSpec(
            type=shoot.spec.provider.type,
            region=shoot.spec.region,
            secret_ref=SecretReference(name=CREDENTIALS_SECRET, namespace=technical_id),
            ssh_public_key=ssh_public_key,
            provider_config=shoot.spec.provider.infrastructure_config,
        ),
    )


def translate_shoot_worker(
    shoot: Shoot,
    technical_id: TechnicalId,
    find_secret: FindSecret,
    infrastructure_status: InfrastructureStatus | None,
    profile: CloudProfile | None = None,
) -> Worker:
    """
    Return the Worker of a Shoot. A pool's user data is in Secret `<pool>-user-data` if the input has it.

    What a node will offer comes from the `profile`, and so does an architecture that is not amd64 and not written.

    Source: gardener pkg/gardenlet/operation/botanist/worker.go, read 2026-07.
    """
    return Worker(
        metadata=ObjectMeta(name=shoot.metadata.name, namespace=technical_id),
        spec=WorkerSpec(
            type=shoot.spec.provider.type,
            region=shoot.spec.region,
            secret_ref=SecretReference(name=CREDENTIALS_SECRET, namespace=technical_id),
            infrastructure_provider_status=infrastructure_status,
            pools=tuple(_pool(worker, find_secret, profile) for worker in shoot.spec.provider.workers),
        ),
    )


def _pool(worker: ShootWorker, find_secret: FindSecret, profile: CloudProfile | None) -> WorkerPool:
    image = worker.machine.image
    secret_name = user_data_secret_name(worker.name)
    secret = find_secret(secret_name)
    has_user_data = secret is not None and secret.decoded(USER_DATA_KEY) is not None
    architecture = _architecture(worker.machine.type, worker.machine.architecture, profile)
    return WorkerPool(
        name=worker.name,
        machine_type=worker.machine.type,
        machine_image=PoolMachineImage(name=image.name, version=image.version) if image and image.version else None,
        architecture=architecture,
        minimum=worker.minimum,
        maximum=worker.maximum,
        max_surge=1 if worker.max_surge is None else worker.max_surge,
        max_unavailable=0 if worker.max_unavailable is None else worker.max_unavailable,
        zones=worker.zones,
        volume=worker.volume,
        data_volumes=worker.data_volumes,
        kubelet_data_volume_name=worker.kubelet_data_volume_name,
        labels={**worker.labels, **gardenlet_labels(worker.name, architecture)},
        annotations=worker.annotations,
        taints=worker.taints,
        user_data_secret_ref=UserDataSecretReference(name=secret_name, key=USER_DATA_KEY) if has_user_data else None,
        node_template=_node_template(worker.machine.type, profile),
        machine_controller_manager=worker.machine_controller_manager,
        cluster_autoscaler=_autoscaler_options(worker.cluster_autoscaler),
        priority=worker.priority,
        update_strategy=worker.update_strategy,
    )


def _architecture(machine_type: str, architecture: str | None, profile: CloudProfile | None) -> str | None:
    """Return a pool's architecture; None still means amd64."""
    found = pool_architecture(profile, machine_type, architecture)
    return architecture if found == DEFAULT_ARCHITECTURE else found


def _autoscaler_options(options: ClusterAutoscalerOptions | None) -> ClusterAutoscalerOptions | None:
    """Return the options of a Worker's pool: its shares of a node's capacity are text, as Go prints numbers."""
    if options is None:
        return None
    shares = {}
    for name in ("scale_down_utilization_threshold", "scale_down_gpu_utilization_threshold"):
        with suppress(TypeError, ValueError):  # not set, or no number: a running shoot's is a warning
            shares[name] = repr(float(getattr(options, name))).removesuffix(".0")
    return options.model_copy(update=shares)


def complete_pools(worker: Worker, profile: CloudProfile | None) -> Worker:
    """
    Return a Worker whose pools also have what gardenlet adds, unless they set it: labels, and what a node will offer.

    A Worker from a seed has it all; with this, a hand-written one gives the same machines as the Shoot.
    """
    architectures = [_architecture(pool.machine_type, pool.architecture, profile) for pool in worker.spec.pools]
    pools = tuple(
        pool.model_copy(
            update={
                "architecture": architecture,
                "labels": {**gardenlet_labels(pool.name, architecture), **pool.labels},
                "node_template": pool.node_template or _node_template(pool.machine_type, profile),
            }
        )
        for pool, architecture in zip(worker.spec.pools, architectures, strict=True)
    )
    return worker.model_copy(update={"spec": worker.spec.model_copy(update={"pools": pools})})


def _node_template(machine_type: str, profile: CloudProfile | None) -> NodeTemplate | None:
    for machine in profile.spec.machine_types if profile else ():
        if machine.name == machine_type:
            return NodeTemplate(capacity={"cpu": machine.cpu, "gpu": machine.gpu, "memory": machine.memory})
    return None

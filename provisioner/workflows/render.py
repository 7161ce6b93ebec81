"""Render: write the root modules and variables of a target, without any contact to the cloud or the bucket."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from provisioner.cloud import CloudAccess
from provisioner.ids import INFRASTRUCTURE, WORKER, EntryName, TechnicalId
from provisioner.inputs import ShootInput
from provisioner.render import module_files, render_root
from provisioner.run.session import provider_settings
from provisioner.run.working_copy.file_tree import write_tree
from provisioner.translate.infrastructure import translate_infrastructure
from provisioner.translate.worker import Placement, translate_worker

SECRETS_FILE = f"{WORKER}/secrets.auto.tfvars.json"


@dataclass(slots=True)
class Rendered:
    """The rendered files: content by name, and the SHA-256 of each pool's user data, which the files may leave out."""

    technical_id: TechnicalId
    files: dict[str, bytes]
    user_data_sha256: dict[str, str] = field(default_factory=dict)


def render_target(target: ShootInput, access: CloudAccess, *, with_secrets: bool) -> Rendered:
    """
    Render one target.

    Ids that only an apply creates are stand-ins, as in a preliminary plan. Without a uid the owner tag names the
    technical ID, because this does not ask the bucket.

    Raises:
        ManifestError: the manifests cannot be translated.
    """
    identity = target.identity
    entry_name = identity.entry_name or EntryName(identity.technical_id)
    settings = provider_settings(target, access)
    files = dict(module_files())
    if target.infrastructure is not None:
        variables = translate_infrastructure(target.infrastructure, identity.technical_id, entry_name, target.pod_cidr)
        files.update(_below(INFRASTRUCTURE, render_root(INFRASTRUCTURE, variables, settings)))
    if target.worker is not None:
        status = target.worker.spec.infrastructure_provider_status
        placement = Placement.from_status(status) if status else Placement({}, "", None)
        if target.worker_is_linked:
            placement = placement.with_stand_ins({zone for pool in target.worker.spec.pools for zone in pool.zones})
        variables = translate_worker(
            target.worker,
            identity.technical_id,
            entry_name,
            images=target.images,
            placement=placement,
            sizes={},
            is_hibernated=target.is_hibernated,
            user_data=target.user_data,
        )
        user_data = dict(target.user_data) if with_secrets else None
        files.update(_below(WORKER, render_root(WORKER, variables, settings, user_data)))
    return Rendered(
        identity.technical_id,
        files,
        {pool: hashlib.sha256(data.encode()).hexdigest() for pool, data in sorted(target.user_data.items())},
    )


def write_rendered(results: Sequence[Rendered], out: Path) -> list[Path]:
    """
    Write the rendered files below `out` and return the folder of each target; several get one each, by technical ID.

    Raises:
        ProvisionError: a link is in the place of a file or folder, and nothing was written; or `out` is not writable.
    """
    names = [""] if len(results) == 1 else [result.technical_id for result in results]
    files: dict[str, bytes] = {}
    absent: list[str] = []
    for name, result in zip(names, results, strict=True):
        files.update(_below(name, result.files))
        # User data of an earlier render must not pass for this one's.
        if SECRETS_FILE not in result.files:
            absent += _below(name, {SECRETS_FILE: b""})
    write_tree(out, files, absent)
    return [out / name for name in names]


def _below(folder: str, files: Mapping[str, bytes]) -> dict[str, bytes]:
    return {str(PurePosixPath(folder, name)): content for name, content in files.items()}

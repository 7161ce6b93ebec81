"""
Which project a Shoot is in, and what follows from that: its technical ID.

Source: gardener pkg/utils/gardener/shoot.go (ComputeTechnicalID), read 2026-07.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from provisioner.api.core_v1beta1 import Project, Shoot
from provisioner.api.text import show
from provisioner.errors import Problem
from provisioner.ids import TechnicalId

_NAMESPACE_PREFIX = "garden-"


def project_name(shoot: Shoot, projects: Sequence[Project]) -> str | None:
    """Return the project that a Shoot's namespace leads to; one without a namespace belongs to the only Project."""
    namespace = shoot.metadata.namespace
    if namespace is None:
        return projects[0].metadata.name if len(projects) == 1 else None
    found = _project_of_namespace(namespace, projects)
    if found is not None:
        return found.metadata.name
    return namespace.removeprefix(_NAMESPACE_PREFIX) if namespace.startswith(_NAMESPACE_PREFIX) else None


def technical_id_of(shoot: Shoot, projects: Sequence[Project]) -> TechnicalId | None:
    """Return a Shoot's technical ID: as its status has it, else derived; None where its project is not known."""
    if shoot.status is not None and shoot.status.technical_id:
        return shoot.status.technical_id
    project = project_name(shoot, projects)
    return TechnicalId(f"shoot--{project}--{shoot.metadata.name}") if project else None


def can_be_technical_id(name: str) -> bool:
    """
    Return whether a namespace's name can be the technical ID of the shoot whose control plane is there.

    A self-hosted shoot's is in `kube-system` of its own cluster: names made of that would be those of every such shoot.

    Source: gardener docs/extensions/resources/worker.md, read 2026-11.
    """
    return not name.startswith("kube-")


def find_contradictions(shoots: Iterable[Shoot], projects: Sequence[Project]) -> Iterator[Problem]:
    """Yield a problem for each Shoot whose technical ID the input itself shows to be wrong, or another Shoot's."""
    first: dict[TechnicalId, Shoot] = {}
    for shoot in shoots:
        technical_id = technical_id_of(shoot, projects)
        if technical_id is None:
            continue
        yield from _contradictions_to_projects(shoot, technical_id, projects)
        other = first.setdefault(technical_id, shoot)
        if other is not shoot:
            detail = f"{show(technical_id)} is also the technical ID of {_describe(other)}: one state would be both's"
            path = "status.technicalID" if shoot.status and shoot.status.technical_id else "metadata.name"
            yield Problem(shoot.reference, path, "Duplicate", detail, "correct one of the two, or give only one")


def _contradictions_to_projects(
    shoot: Shoot, technical_id: TechnicalId, projects: Sequence[Project]
) -> Iterator[Problem]:
    namespace, name = shoot.metadata.namespace, shoot.metadata.name
    own = None if namespace is None else _project_of_namespace(namespace, projects)
    if own is not None:
        if technical_id not in _technical_ids(own, name):
            detail = (
                f"{show(technical_id)} is not that of Shoot {show(name)} in namespace {show(namespace)}: it is "
                f"{own.reference}'s, so that would be {show(_technical_ids(own, name)[0])}"
            )
            fix = "correct the technical ID, or give the Project that the Shoot is in"
            yield Problem(shoot.reference, "status.technicalID", "Invalid", detail, fix)
        return
    placed = (project for project in projects if project.spec.namespace)
    meant = next((project for project in placed if technical_id in _technical_ids(project, name)), None)
    if namespace is not None and meant is not None:
        detail = (
            f"the technical ID {show(technical_id)} is that of a Shoot of {meant.reference}, whose namespace is "
            f"{show(meant.spec.namespace)}, and not {show(namespace)}"
        )
        fix = "correct the namespace, or the Project's spec.namespace"
        yield Problem(shoot.reference, "metadata.namespace", "Invalid", detail, fix)


def _project_of_namespace(namespace: str, projects: Sequence[Project]) -> Project | None:
    return next((project for project in projects if project.spec.namespace == namespace), None)


def _technical_ids(project: Project, name: str) -> tuple[TechnicalId, TechnicalId]:
    """Return what the technical ID of a Shoot of a project is, and what it was for very old ones."""
    known = project.metadata.name
    return TechnicalId(f"shoot--{known}--{name}"), TechnicalId(f"shoot-{known}-{name}")


def _describe(shoot: Shoot) -> str:
    place = f" in namespace {show(shoot.metadata.namespace)}" if shoot.metadata.namespace else ""
    return f"{shoot.reference}{place}"

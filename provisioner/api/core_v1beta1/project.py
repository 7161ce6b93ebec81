"""The Project: a team's share of a Gardener."""

from pydantic import Field

from provisioner.api.core_v1beta1.version import API_VERSION
from provisioner.api.model import ApiObject, TolerantModel


class ProjectSpec(TolerantModel):
    """Where a project lives."""

    namespace: str | None = None
    """Namespace of the project's shoots."""


class Project(ApiObject):
    """A team's share of a Gardener; its name is part of every technical ID."""

    api_version: str = API_VERSION
    """Always `core.gardener.cloud/v1beta1`."""
    kind: str = "Project"
    """Always `Project`."""
    spec: ProjectSpec = Field(default_factory=ProjectSpec)
    """Where it lives."""

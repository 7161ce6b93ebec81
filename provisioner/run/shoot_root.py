"""One of a shoot's root modules as a verb uses it: it is written, planned and checked."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Generic, TypeVar

from provisioner.errors import ProvisionError
from provisioner.ids import Root
from provisioner.run.read_root import ReadRoot
from provisioner.runner import Plan

R = TypeVar("R", bound=ReadRoot)
"""A `ReadRoot`, or a `HeldRoot` in a run that changes something."""


class ShootRoot(ABC, Generic[R]):
    """The interface of a shoot's root modules; `root` is the working copy."""

    def __init__(self, root: R) -> None:
        self.root = root

    @property
    def name(self) -> Root:
        """The name of the root module."""
        return self.root.name

    def look_around(self) -> object:
        """
        Accept what the root finds in its surroundings, looked at once; `write` does it, too. Most roots need none.

        Raises:
            ManifestError: an object that it needs is missing or not usable; all problems at once.
            CloudError: the cloud refused, or could not be reached.
        """
        return None

    @abstractmethod
    def write(self, *, is_preliminary: bool = False) -> None:
        """
        Write the root module for its surroundings as they are now; a preliminary one gets stand-ins for missing ids.

        Raises:
            ManifestError: an object that it needs is missing or not usable.
            StateError: a state that it needs is unreadable.
            CloudError: the cloud refused, or could not be reached.
        """

    @abstractmethod
    def check(self, plan: Plan) -> None:
        """
        Accept a plan that a run may carry out.

        Raises:
            ManifestError, StateError: a run must not carry it out; nothing was changed.
        """

    def plan(self, *, is_preliminary: bool = False) -> Plan:
        """Write the root, plan it, check the plan and return it; raises as `write`, `check` and `ReadRoot.plan`."""
        self.write(is_preliminary=is_preliminary)
        plan = self.root.plan()
        self.check(plan)
        return plan

    @property
    def will_create(self) -> bool:
        """Whether every plan of the root creates something."""
        return self.root.is_new

    def mend(self, error: ProvisionError) -> bool:
        """Remove the cause of an error if possible, and return whether another attempt makes sense."""
        return False

"""One of a shoot's root modules as a verb sees it: what it asks of the cloud, written, planned and checked."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Generic, TypeVar

from provisioner.errors import ProvisionError
from provisioner.ids import Root
from provisioner.run.read_root import ReadRoot
from provisioner.runner import Plan

R = TypeVar("R", bound=ReadRoot)
"""A `ReadRoot`, or a `HeldRoot` where something is to be changed."""


class ShootRoot(ABC, Generic[R]):
    """What all root modules of a shoot offer; `root` is its working copy."""

    def __init__(self, root: R) -> None:
        self.root = root

    @property
    def name(self) -> Root:
        """Which of the root modules it is."""
        return self.root.name

    @abstractmethod
    def write(self, *, is_preliminary: bool = False) -> None:
        """
        Write the root module for what its surroundings are now; with stand-ins for missing ids if it `is_preliminary`.

        Raises:
            ManifestError: what it needs is not there, or cannot be used.
            StateError: a state that it needs cannot be read.
            CloudError: the cloud refused, or could not be reached.
        """

    @abstractmethod
    def check(self, plan: Plan) -> None:
        """
        Accept a plan that can be carried out.

        Raises:
            ManifestError, StateError: it must not be; nothing is changed.
        """

    def plan(self, *, is_preliminary: bool = False) -> Plan:
        """Return what would change, once it is written and checked; raises as these, and as `ReadRoot.plan`."""
        self.write(is_preliminary=is_preliminary)
        plan = self.root.plan()
        self.check(plan)
        return plan

    @property
    def will_create(self) -> bool:
        """Whether any plan of it creates something."""
        return self.root.is_new

    def mend(self, error: ProvisionError) -> bool:
        """Return whether the reason why it could not be carried out is mended, so that another try makes sense."""
        return False

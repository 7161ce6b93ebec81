"""What errors of the log tell an operator to do. Commands and options belong to the program that the operator uses."""

from __future__ import annotations

from provisioner.ids import Root
from provisioner.state.record import StateVersion


class Advice:
    """The advice of a log that is used by no program in particular; a program says more in a subclass."""

    def wait_for_holder(self) -> str:
        """Return what to do about a lease that another run holds."""
        return "wait until that run is done; if it died, its lease runs out at the time above"

    def return_to(self, root: Root, good: StateVersion | None, looked_back: int) -> str:
        """
        Return what to do about the newest version of a root module's state when that is bad.

        `good` is the newest version that is not, None when none of the `looked_back` versions before it is good.
        """
        if good is None:
            return f"none of the {looked_back} versions before it is good either; {self.see_history()}"
        return f"version {good.number} (serial {good.serial}) is good: return to it"

    def start_over(self) -> str:
        """Return what to do about a state of which no version can be used any more."""
        return "no version before it can be used: record anew what the cloud holds"

    def see_history(self) -> str:
        """Return how to find another version."""
        return "look for a good one among the versions"

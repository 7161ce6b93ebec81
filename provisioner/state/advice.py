"""The advice in errors of the log. A program that has commands and options names them in a subclass."""

from __future__ import annotations

from provisioner.ids import Root
from provisioner.state.record import StateVersion


class Advice:
    """The advice without the commands of any program."""

    def wait_for_holder(self) -> str:
        """Return what to do about a lease that another run holds."""
        return "wait until that run is done; if it died, its lease runs out at the time above"

    def return_to(self, root: Root, good: StateVersion | None, looked_back: int) -> str:
        """
        Return what to do about a bad newest version of a root module's state.

        `good` is the newest good version; None if none of the `looked_back` versions before the bad one is good.
        """
        if good is None:
            return f"none of the {looked_back} versions before it is good either; {self.see_history()}"
        return f"version {good.number} (serial {good.serial}) is good: return to it"

    def start_over(self) -> str:
        """Return what to do about a state without any usable version."""
        return "no earlier version is usable: start over from what the cloud holds"

    def see_history(self) -> str:
        """Return how to find another version."""
        return "look for a good one among the versions"

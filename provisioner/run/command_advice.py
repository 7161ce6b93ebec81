"""The advice in errors of the state log, given as commands of this program."""

from __future__ import annotations

from provisioner.ids import Root
from provisioner.state import Advice, StateVersion


class CommandAdvice(Advice):
    """The advice for an operator of `provision`."""

    def wait_for_holder(self) -> str:
        """Return what to do about a lease that another run holds."""
        return "wait until that run is done (--lock-timeout 5m does); if it died, its lease runs out at the time above"

    def return_to(self, root: Root, good: StateVersion | None, looked_back: int) -> str:
        """Return the command that goes back to a good version, or the way to find one."""
        if good is None:
            return super().return_to(root, good, looked_back)
        return (
            f"version {good.number} (serial {good.serial}) is good: "
            f"provision state rollback FILE... --root {root} --to {good.number}"
        )

    def start_over(self) -> str:
        """Return the command that starts a new state from what the cloud holds."""
        return "no earlier version is usable; start over from what the cloud holds: provision adopt FILE... --yes"

    def see_history(self) -> str:
        """Return the command that lists the versions."""
        return "choose another one from provision state history"

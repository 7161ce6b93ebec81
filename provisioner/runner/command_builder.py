"""The part of python-terraform that this program uses: turning options into a command line."""

from python_terraform import IsFlagged, Terraform

__all__ = ["CommandBuilder", "IsFlagged"]


class CommandBuilder(Terraform):  # type: ignore[misc]  # python_terraform carries no types
    """Builds command lines and runs nothing."""

    def read_state_file(self, file_path: str | None = None) -> None:
        """Read nothing: the constructor would parse a state file that terraform may be writing."""

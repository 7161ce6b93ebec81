"""The command line of a terraform, as python-terraform builds it."""

from __future__ import annotations

from typing import Final

from provisioner.runner.engine import Engine


class _Flag:
    """Marks an option without a value; python-terraform's own mark would import it here."""


FLAG: Final = _Flag()


def command_line(engine: Engine, command: str, *arguments: str, **options: object) -> list[str]:
    """Return the command line of a terraform command, with an engine in front; an option that is FLAG has no value."""
    # Here, so that a command that runs no terraform does not wait for the import of python-terraform.
    from provisioner.runner.command_builder import CommandBuilder, IsFlagged

    flagged = {name: IsFlagged if value is FLAG else value for name, value in options.items()}
    built: list[str] = CommandBuilder().generate_cmd_string(command, *arguments, **flagged)
    return [*engine.command, *built[1:]]

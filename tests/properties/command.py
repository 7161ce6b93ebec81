"""The command without a process of its own: `provision`, its exit code and what it printed."""

from __future__ import annotations

import io
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

from provisioner.cli import main
from tests.e2e.conftest import Done as Finished


class Done(Finished):
    """A finished command, and everything that it has printed."""

    @property
    def printed(self) -> str:
        """Everything it printed, escapes of JSON undone."""
        return "\n".join((self.out, self.err, *_texts(self.document)))


def _texts(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for item in value.items() for part in item for text in _texts(part)]
    if isinstance(value, list):
        return [text for item in value for text in _texts(item)]
    return [value] if isinstance(value, str) else []


def provision(*arguments: str | Path) -> Done:
    """Run a command that prints JSON."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = main([*map(str, arguments), "-o", "json"])
    return Done(code, out.getvalue(), err.getvalue())

"""How terraform attaches to a provider that is being served."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self


@dataclass(frozen=True, slots=True)
class Reattach:
    """A provider that is being served, and how to point terraform at it."""

    environment: Mapping[str, str]
    """The variable that terraform needs in its environment: `TF_REATTACH_PROVIDERS`."""
    _stop: Callable[[], None] = field(repr=False)

    def close(self) -> None:
        """Stop serving and remove the socket; a second call does nothing."""
        self._stop()

    def __enter__(self) -> Self:
        """Return the served provider itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop serving."""
        self.close()

"""Where terraform keeps an object: the address of a resource instance."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True, order=True)
class Address:
    """The address of one resource instance."""

    module: str
    """`module.infrastructure`, `module.worker_pool["general"]`, or empty for the root module."""
    type: str
    name: str
    key: str | int | None = None
    """The key of `for_each` or `count`; None without either."""

    def __str__(self) -> str:
        """Return it as terraform writes it."""
        module = f"{self.module}." if self.module else ""
        key = "" if self.key is None else f"[{json.dumps(self.key)}]"
        return f"{module}{self.type}.{self.name}{key}"

    @property
    def resource(self) -> str:
        """The address of the whole resource in the configuration, without any key: what a dependency names."""
        module = f"{self.module.partition('[')[0]}." if self.module else ""
        return f"{module}{self.type}.{self.name}"

    @property
    def block(self) -> Address:
        """The address without its own key: that of all instances of a resource in one instance of its module."""
        return replace(self, key=None)

"""What could not be read of an input: parts of objects that are in the collection, and objects that are not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, eq=False, repr=False)
class Unread:
    """
    The parts of an input that have an error of their own already.

    In an object, such a part is left out, or empty where it is required. What follows from that is no further problem.
    """

    paths: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Field paths by the reference of an object that is in the collection."""
    sources: Mapping[str, str] = field(default_factory=dict)
    """File and document of an object without a name, by its reference."""
    kinds: frozenset[str] = frozenset()
    """Kinds of objects that are in the input and not in the collection."""
    has_any_kind: bool = False
    """Whether there is a document whose kind is not known."""

    def may_have(self, kind: str) -> bool:
        """Return whether an object of a kind may be there and could not be read."""
        return self.has_any_kind or kind in self.kinds

    def is_in(self, reference: str, path: str) -> bool:
        """Return whether something at a path of an object, or below it, could not be read."""
        return any(_is_at_or_below(unread, path) for unread in self.paths.get(reference, ()))

    def touches(self, reference: str, path: str) -> bool:
        """Return whether what could not be read of an object is at a path, below it or around it."""
        return bool(path) and any(
            _is_at_or_below(unread, path) or _is_at_or_below(path, unread) for unread in self.paths.get(reference, ())
        )


def _is_at_or_below(path: str, other: str) -> bool:
    return not other or (path.startswith(other) and path[len(other) : len(other) + 1] in ("", ".", "["))

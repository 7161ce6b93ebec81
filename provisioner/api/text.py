"""How values from outside appear in a message: short, on one line, and harmless to a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

LONGEST_SHOWN = 80
"""Characters of a value that a message shows; a whole certificate does not help."""
_FILLERS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0")
"""Letters and marks to Unicode, and yet nothing is drawn for them."""


def show(value: object) -> str:
    """Return a scalar as a message shows it: text in double quotes, cut, with control characters escaped."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return show_name(str(value))
    return f'"{show_name(str(value))}"'


def show_name(text: str) -> str:
    """Return text without quotes, cut, with control characters escaped: a name must not steer a terminal."""
    return show_path(text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}...")


def show_path(path: str) -> str:
    """Return the name of a file, whole however long it is, with control characters escaped."""
    return printable(path)


def is_printable(text: str) -> bool:
    """Return whether text can be shown as it is: one line, each character of which is seen where it stands."""
    return text.isprintable() and _FILLERS.isdisjoint(text)


def printable(text: str) -> str:
    """
    Return text that is safe for a terminal: on one line, with invisible and control characters escaped.

    Those are line breaks, controls (C0, DEL, C1), what turns the direction of reading, blanks other than the space,
    and what takes no room. JSON and YAML read the escapes of most of them in their quoted text.
    """
    if is_printable(text):
        return text
    return "".join(char if is_printable(char) else char.encode("unicode_escape").decode("ascii") for char in text)


def show_list(values: Iterable[str], limit: int = 10) -> str:
    """Return values as `a, b, c`, in order, at most `limit` of them; `none` when there are none."""
    names = [show_name(value) for value in values]
    if not names:
        return "none"
    rest = len(names) - limit
    return ", ".join(names[:limit]) + (f" and {rest} more" if rest > 0 else "")


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return a question with the known name that looks most like `name`; empty when none is close."""
    near = nearest(name, known)
    return f"did you mean {show_name(near)}?" if near else ""


def known_or_near(name: str, known: Sequence[str]) -> str:
    """Return what to do about an unknown field: a question with the known one that looks like it, or all known ones."""
    return did_you_mean(name, known) or f"known fields: {show_list(known, limit=20)}"


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Return the known name that looks most like `name`, ignoring case; None when none is close."""
    import difflib  # only here: needed for a message about a mistake

    by_lower = {candidate.lower(): candidate for candidate in known}
    found = difflib.get_close_matches(name.lower(), by_lower, n=1, cutoff=0.6)
    return by_lower[found[0]] if found else None

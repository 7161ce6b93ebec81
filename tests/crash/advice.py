"""The commands that an error tells its reader to type."""

from __future__ import annotations

import contextlib
import io
import re
import threading
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path

from provisioner.cli.parser import parse_arguments
from tests.e2e.conftest import Done

Command = tuple[str, ...]
"""A command of `provision` without its manifests, for example `("state", "rollback", "--to", "2")`."""

_VERBS = r"plan|apply|destroy|adopt|status|validate|state [a-z-]+"
_COMMAND = re.compile(rf"(?:provision |`)(?P<verb>{_VERBS})(?![a-z-])(?P<rest>[^`;\n]*)")
_OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]*[^`;\n]*")
_MANIFESTS = re.compile(r"FILE\b")
_END_OF_PHRASE = ",.:)"
_PARSING = threading.Lock()
"""Serialises calls of the parser, which writes its errors to the process's only standard error."""


def advised(done: Done, asked: Command) -> list[Command]:
    """
    Return the commands that the error or the last line of a command names, in their order.

    An option without a command (`--allow-replace to allow it`) is added to the command that was `asked`.
    """
    text = last_words(done)
    found = [
        (*match["verb"].split(), *_options(match["verb"], match["rest"].split())) for match in _COMMAND.finditer(text)
    ]
    rest = _COMMAND.sub("", text)
    added = [option for match in _OPTION.finditer(rest) for option in _options(asked[0], match[0].split())]
    return [*found, (*asked, *added)] if added else found


def says_again(done: Done) -> bool:
    """Return whether the error or the last line of a command asks its reader to repeat the command."""
    return re.search(r"\b(run|try) again\b", last_words(done)) is not None


def last_words(done: Done) -> str:
    """Return the error that ended a command, or the last line of what it printed."""
    lines = done.err.splitlines()
    first = next((number for number, line in enumerate(lines) if line.startswith("error: ")), None)
    if first is not None:
        return "\n".join(line for line in lines[first:] if not line.startswith("error codes: "))
    return (done.out.strip().splitlines() or [""])[-1]


def with_manifests(command: Command, manifests: Path) -> list[str | Path]:
    """Return the command as an operator types it: the manifests come after its verb."""
    words = 2 if command[0] == "state" else 1
    return [*command[:words], manifests, *command[words:]]


def _options(verb: str, tokens: Sequence[str]) -> Iterator[str]:
    """Yield the options at the beginning of the tokens, with their values, up to the first word of prose."""
    words = list(tokens)
    while words:
        word = words.pop(0)
        if _MANIFESTS.match(word):
            continue
        if not word.startswith("-"):
            return
        yield word.rstrip(_END_OF_PHRASE)
        if words and not _ends_phrase(word) and _takes_value(verb, word):
            word = words.pop(0)
            yield word.rstrip(_END_OF_PHRASE)
        if _ends_phrase(word):
            return


def _ends_phrase(word: str) -> bool:
    return word.endswith(tuple(_END_OF_PHRASE))


@lru_cache
def _takes_value(verb: str, option: str) -> bool:
    said = io.StringIO()
    with _PARSING, contextlib.redirect_stderr(said), contextlib.suppress(SystemExit):
        parse_arguments([*verb.split(), "FILE", option])
    return f"argument {option}: expected one argument" in said.getvalue()

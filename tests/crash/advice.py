"""What an error tells its reader to do, as the commands that somebody types who takes it literally."""

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
"""The parser says what is wrong on the one standard error."""


def advised(done: Done, asked: Command) -> list[Command]:
    """
    Return the commands that a command's end names, in the order of its text.

    An option without a command (`--allow-replace if that is meant`) is one more of what was `asked`.
    """
    text = last_words(done)
    found = [
        (*match["verb"].split(), *_options(match["verb"], match["rest"].split())) for match in _COMMAND.finditer(text)
    ]
    rest = _COMMAND.sub("", text)
    added = [option for match in _OPTION.finditer(rest) for option in _options(asked[0], match[0].split())]
    return [*found, (*asked, *added)] if added else found


def says_again(done: Done) -> bool:
    """Return whether the end of a command says that the same command is to be given once more."""
    return re.search(r"\b(run|try) again\b", last_words(done)) is not None


def last_words(done: Done) -> str:
    """Return the error that ended a command, or the last line of what it printed."""
    lines = done.err.splitlines()
    first = next((number for number, line in enumerate(lines) if line.startswith("error: ")), None)
    if first is not None:
        return "\n".join(line for line in lines[first:] if not line.startswith("error codes: "))
    return (done.out.strip().splitlines() or [""])[-1]


def with_manifests(command: Command, manifests: Path) -> list[str | Path]:
    """Return the command as it is typed: the manifests come after its verb."""
    words = 2 if command[0] == "state" else 1
    return [*command[:words], manifests, *command[words:]]


def _options(verb: str, tokens: Sequence[str]) -> Iterator[str]:
    """Yield the options that tokens begin with, and their values; prose ends them."""
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

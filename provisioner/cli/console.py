"""
Printing: documents on standard output, everything else where it does not disturb them.

Names, hosts and what a cloud or terraform says come from outside. None of them may look like something that this
program says, or act on a terminal: what is printed is made of lines, and each is made printable as a whole. So a line
break in the output is one that the program has put there, between two lines.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable, Sequence
from contextlib import suppress
from functools import cache
from typing import Any, TextIO, cast

from provisioner.api.text import is_printable, printable
from provisioner.errors import CloudError, Problem, ProvisionError


class Console:
    """
    Prints for one command.

    With `-o json` or `-o yaml`, standard output gets exactly one document and notes go to standard error; as text,
    notes and documents share standard output. Warnings and errors always go to standard error.

    A reader that has left stops nothing while a run goes on: notes, warnings and errors are dropped then. Only what the
    command was asked for (`document`, `lines`) raises BrokenPipeError, or ProvisionError for a full disk.
    """

    def __init__(self, output: str, stdout: TextIO, stderr: TextIO) -> None:
        self.output = output
        self._stdout = stdout
        self._stderr = cast(TextIO, _Droppable(stderr))
        self._notes = cast(TextIO, _Droppable(stdout)) if output == "text" else self._stderr
        self._lock = threading.Lock()
        self._is_printed = False

    @property
    def is_text(self) -> bool:
        """Whether the operator asked for text."""
        return self.output == "text"

    @property
    def notes(self) -> TextIO:
        """The stream for notes and progress; writing to it never fails."""
        return self._notes

    def note(self, text: str = "") -> None:
        """Print one line that is not part of the document."""
        self._write(self._notes, to_lines((text,)))

    def document(self, document: Any) -> None:
        """Print the command's one document as JSON or YAML; as text nothing, the command prints its own."""
        if self.is_text:
            return
        self._is_printed = True
        self._write(self._stdout, to_json(document) if self.output == "json" else to_yaml(document))

    def line(self, line: str) -> None:
        """Print one line of what the command was asked for, if text was asked for."""
        self.lines((line,))

    def lines(self, lines: Iterable[str]) -> None:
        """Print lines of what the command was asked for, if text was asked for."""
        if self.is_text:
            self._write(self._stdout, to_lines(lines))

    def manifest(self, document: Any) -> None:
        """Print a document of several as YAML, if text was asked for."""
        if self.is_text:
            self._write(self._stdout, f"---\n{to_yaml(document)}")

    def body(self, body: bytes) -> None:
        """Print a JSON document, if text was asked for: byte for byte, but a terminal gets nothing raw."""
        if self.is_text:
            self._write(self._stdout, _printable_json(body) if self._stdout.isatty() else body)

    def warn(self, problem: Problem) -> None:
        """Print a warning."""
        self._write(self._stderr, to_lines((f"warning: {problem}",)))

    def error(self, error: ProvisionError) -> None:
        """Print an error: one line per problem, then Gardener's codes; as a document too when one was asked for."""
        lines = [f"error: {problem}" for problem in error.problems]
        lines += _notes(error)
        if error.codes:
            lines.append(f"error codes: {', '.join(error.codes)}")
        self._write(self._stderr, to_lines(lines))
        if not self.is_text and not self._is_printed:
            self.document({"error": error_document(error)})

    def _write(self, stream: TextIO, text: str | bytes) -> None:
        with self._lock:
            try:
                if isinstance(text, bytes):
                    stream.flush()
                    stream.buffer.write(text)
                else:
                    stream.write(text)
                stream.flush()
            except BrokenPipeError:
                raise  # the reader has seen enough
            except OSError as error:
                raise ProvisionError(
                    f"cannot write to standard output: {error.strerror}", fix="free space where it goes"
                ) from error


class _Droppable:
    """A stream whose reader may leave: a closed pipe (`| head -1`), a terminal that hung up."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write the text, or drop it."""
        with suppress(OSError):
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        """Write what is buffered, or drop it."""
        with suppress(OSError):
            self._stream.flush()

    def __getattr__(self, name: str) -> Any:
        """Return what else the stream knows, such as its encoding."""
        return getattr(self._stream, name)


def _notes(error: ProvisionError) -> list[str]:
    """Return what was found out about an error after it was raised, for example that cleaning up after it failed."""
    return list(getattr(error, "__notes__", ()))


def error_document(error: ProvisionError) -> dict[str, Any]:
    """Return an error as `-o json` prints it."""
    document: dict[str, Any] = {
        "type": error.problem.type,
        "message": str(error),
        "problems": [problem.as_dict() for problem in error.problems],
        "notes": _notes(error),
        "codes": list(error.codes),
        "retryable": error.is_retryable,
    }
    if isinstance(error, CloudError):
        document |= {"cloudCode": error.cloud_code, "requestId": error.request_id}
    return document


def to_lines(lines: Iterable[str]) -> str:
    """Return lines as text: each made printable, so that it is one, and ended."""
    return "".join(f"{printable(line)}\n" for line in lines)


def to_json(document: Any) -> str:
    """Return a document as indented JSON with a newline at the end."""
    return _ascii(json.dumps(document, indent=2)) + "\n"  # valid whatever the encoding of standard output


def _ascii(json_text: str) -> str:
    """Return what json.dumps has made ASCII without the one control that it leaves as it is."""
    return json_text.replace("\x7f", "\\u007f")


def _printable_json(body: bytes) -> str:
    """Return a JSON document that says the same, with what is not printable escaped as JSON does it."""
    text = body.decode(errors="backslashreplace")
    return "".join(char if char == "\n" or is_printable(char) else _ascii(json.dumps(char)[1:-1]) for char in text)


def to_yaml(document: Any) -> str:
    """Return a document as YAML in the order of its keys, with what is not printable escaped as YAML does it."""
    import yaml

    text: str = yaml.dump(document, Dumper=_yaml_dumper(), sort_keys=False, allow_unicode=True, width=120)
    # The dumper leaves some of it as it is (U+202E); by now that stands between double quotes alone.
    return to_lines(text.removesuffix("\n").split("\n"))


@cache
def _yaml_dumper() -> type[Any]:
    import yaml

    class Dumper(yaml.SafeDumper):
        """Writes text that is not printable between double quotes: only there has YAML escapes for it."""

        def represent_text(self, text: str) -> yaml.Node:
            return self.represent_scalar("tag:yaml.org,2002:str", text, None if is_printable(text) else '"')

    Dumper.add_representer(str, Dumper.represent_text)
    return Dumper


def to_table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Return the lines of an aligned table, as kubectl prints it."""
    table = [tuple(headings), *(tuple(printable(cell) for cell in row) for row in rows)]
    widths = [max(len(row[column]) for row in table) for column in range(len(headings))]
    return ["   ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in table]


def without_empty(value: Any) -> Any:
    """Return a document without empty lists and mappings, as Kubernetes writes objects."""
    if isinstance(value, dict):
        return {name: without_empty(item) for name, item in value.items() if item not in ({}, [])}
    if isinstance(value, list):
        return [without_empty(item) for item in value]
    return value

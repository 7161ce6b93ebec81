"""Printing: documents on standard output, everything else where it does not disturb them."""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, TextIO, cast

from provisioner.errors import CloudError, Problem, ProvisionError


class Console:
    """
    Prints for one command.

    With `-o json` or `-o yaml`, standard output gets exactly one document and notes go to standard error; as text,
    notes and documents share standard output. Warnings and errors always go to standard error.

    A reader that has left stops nothing while a run goes on: notes, warnings and errors are dropped then. Only what the
    command was asked for (`document`, `text`) raises BrokenPipeError, or ProvisionError for a full disk.
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
        """Print a line that is not part of the document."""
        self._write(self._notes, f"{printable(text)}\n")

    def document(self, document: Any) -> None:
        """Print the command's one document as JSON or YAML; as text nothing, the command prints its own."""
        if self.is_text:
            return
        self._is_printed = True
        self._write(self._stdout, to_json(document) if self.output == "json" else to_yaml(document))

    def text(self, text: str) -> None:
        """Print text as it is, if text was asked for."""
        if self.is_text:
            self._write(self._stdout, text)

    def warn(self, problem: Problem) -> None:
        """Print a warning."""
        self._write(self._stderr, f"warning: {printable(str(problem))}\n")

    def error(self, error: ProvisionError) -> None:
        """Print an error: one line per problem, then Gardener's codes; as a document too when one was asked for."""
        lines = [f"error: {printable(str(problem))}" for problem in error.problems]
        lines += [printable(note) for note in _notes(error)]
        if error.codes:
            lines.append(f"error codes: {', '.join(error.codes)}")
        self._write(self._stderr, "".join(f"{line}\n" for line in lines))
        if not self.is_text and not self._is_printed:
            self.document({"error": error_document(error)})

    def _write(self, stream: TextIO, text: str) -> None:
        with self._lock:
            try:
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


def printable(text: str, kept: str = "\n\t") -> str:
    """
    Return `text` without characters that a terminal would act on, but for those that are to be `kept`.

    A name in a manifest must not move the cursor, or turn the direction in which a line is read.
    """
    return "".join(
        character if character.isprintable() or character in kept else f"\\x{ord(character):02x}" for character in text
    )


def to_json(document: Any) -> str:
    """Return a document as indented JSON with a newline at the end."""
    return json.dumps(document, indent=2) + "\n"  # ASCII: valid whatever the encoding of standard output


def to_yaml(document: Any) -> str:
    """Return a document as YAML in the order of its keys."""
    import yaml

    text: str = yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=120)
    return text


def to_table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return an aligned table, as kubectl prints it."""
    table = [tuple(headings), *(tuple(printable(cell) for cell in row) for row in rows)]
    widths = [max(len(row[column]) for row in table) for column in range(len(headings))]
    lines = ("   ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in table)
    return "".join(f"{line}\n" for line in lines)


def without_empty(value: Any) -> Any:
    """Return a document without empty lists and mappings, as Kubernetes writes objects."""
    if isinstance(value, dict):
        return {name: without_empty(item) for name, item in value.items() if item not in ({}, [])}
    if isinstance(value, list):
        return [without_empty(item) for item in value]
    return value

"""Printing: documents on standard output, everything else where it does not disturb them."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from contextlib import suppress
from typing import Any, TextIO, cast

from provisioner.errors import Problem, ProvisionError
from provisioner.reports.documents import failure_document, to_json, to_yaml
from provisioner.reports.text import error_lines, printable_json, to_lines


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
        """Print the command's one document as JSON or YAML; for text, the command prints its own lines."""
        if self.is_text:
            return
        self._is_printed = True
        self._write(self._stdout, to_json(document) if self.output == "json" else to_yaml(document))

    def line(self, line: str) -> None:
        """Print one line of the result, if the operator asked for text."""
        self.lines((line,))

    def lines(self, lines: Iterable[str]) -> None:
        """Print lines of the result, if the operator asked for text."""
        if self.is_text:
            self._write(self._stdout, to_lines(lines))

    def manifest(self, document: Any) -> None:
        """Print one of several YAML documents, if the operator asked for text."""
        if self.is_text:
            self._write(self._stdout, f"---\n{to_yaml(document)}")

    def body(self, body: bytes) -> None:
        """Print a JSON document, if the operator asked for text: byte for byte, but escaped on a terminal."""
        if self.is_text:
            self._write(self._stdout, printable_json(body) if self._stdout.isatty() else body)

    def warn(self, problem: Problem) -> None:
        """Print a warning."""
        self._write(self._stderr, to_lines((f"warning: {problem}",)))

    def remark(self, problem: Problem) -> None:
        """Print what is good to know and is no fault of the input."""
        self._write(self._stderr, to_lines((f"note: {problem}",)))

    def error(self, error: ProvisionError) -> None:
        """Print an error: one line per problem, then Gardener's codes; also as a document if one was asked for."""
        self._write(self._stderr, to_lines(error_lines(error)))
        if not self.is_text and not self._is_printed:
            self.document(failure_document(error))

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

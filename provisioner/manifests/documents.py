"""The documents of a YAML or JSON file as plain data: what their text means is in `yaml_stream`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from provisioner.errors import Problem
from provisioner.manifests.read_error import ReadError, line_at
from provisioner.manifests.yaml_stream import DocumentReader

MAX_BYTES = 8 * 1024 * 1024
"""Largest file, in bytes; what an API server stores of one object is below 2 MiB."""
MAX_DOCUMENTS = 10_000
"""Most documents in one file."""
MAX_UNREADABLE = 20
"""Broken documents after which the rest of a file is skipped; reading starts again after each one before that."""

_DOCUMENT_MARKER = re.compile(rb"^---(?=[ \t\r\n]|\Z)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Document:
    """One document of a file."""

    source: str
    """`<file> document <number>`, as messages name it."""
    data: Any
    """Plain data; None for an empty document."""
    line: int
    """Line it starts at, counted from 1."""


def read_documents(data: bytes, name: str) -> tuple[list[Document], list[Problem]]:
    """
    Return the documents of a file, and its problems.

    Empty documents are left out but counted. An unreadable document does not hide the ones after it. No problem quotes
    a value: an unreadable file may hold credentials.
    """
    problem = _unreadable(data, name)
    if problem is not None:
        return [], [problem]
    if data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        found = _read_json(data, name)
        if found is not None:
            return found
    documents: list[Document] = []
    problems: list[Problem] = []
    number = 0
    offset = 0
    while offset >= 0:
        lines_before = data.count(b"\n", 0, offset)
        reader = DocumentReader(data[offset:])
        try:
            for value, line in reader.documents():
                number += 1
                if value is not None:
                    documents.append(Document(f"{name} document {number}", value, line + lines_before))
                if number >= MAX_DOCUMENTS:
                    detail = f"holds more than {MAX_DOCUMENTS} documents, the limit for one file"
                    problems.append(Problem(name, "", "TooMany", detail, "split it into several files"))
                    return documents, problems
            break
        except ReadError as error:
            number += 1
            detail = f"line {error.line + lines_before}: {error.detail}"
            problems.append(Problem(f"{name} document {number}", "", error.type, detail, error.fix))
            if len(problems) >= MAX_UNREADABLE:
                break
            # The marker that ended the broken document begins the next one; the one that began it does not count.
            after = error.line + lines_before + (1 if error.line == reader.line else 0)
            offset = _next_document(data, after, offset + 1)
        finally:
            reader.close()
    if not documents and not problems:
        detail = "holds no object, only comments or blanks"
        problems.append(Problem(name, "", "Required", detail, "add a manifest to it"))
    return documents, problems


def _read_json(data: bytes, name: str) -> tuple[list[Document], list[Problem]] | None:
    """Return the one document of a JSON file, or None when it is not JSON (it may still be YAML)."""
    from provisioner.manifests.json_text import read_json  # only here: most files are YAML

    source = f"{name} document 1"
    try:
        return [Document(source, read_json(data), 1)], []
    except ReadError as error:
        return [], [Problem(source, "", error.type, error.detail, error.fix)]
    except ValueError:
        return None


def _unreadable(data: bytes, name: str) -> Problem | None:
    """Return why the bytes cannot be text, or None."""
    if not data:
        return Problem(name, "", "Required", "is empty", "add a manifest to it")
    if len(data) > MAX_BYTES:
        return too_long(name)
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return Problem(name, "", "Invalid", "is UTF-16 text", "save it as UTF-8")
    nul = data.find(b"\0")
    if nul >= 0:
        return Problem(
            name, "", "Invalid", f"is not text: NUL byte in line {line_at(data, nul)}", "give a YAML or JSON file"
        )
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        detail = f"is not UTF-8 text: wrong byte in line {line_at(data, error.start)}"
        return Problem(name, "", "Invalid", detail, "save it as UTF-8")
    return None


def too_long(name: str) -> Problem:
    """Return the problem of a file over the limit."""
    detail = f"is larger than {MAX_BYTES // (1024 * 1024)} MiB, the limit for one file"
    return Problem(name, "", "TooLong", detail, "split it into several files")


def _next_document(data: bytes, line: int, least: int) -> int:
    """Return where the first document marker at or after `line`, and not before byte `least`, is; -1 without one."""
    position = 0
    for _ in range(line - 1):
        position = data.find(b"\n", position) + 1
        if position == 0:
            return -1
    # `---` at the start of a line is a document marker everywhere, even inside quotes (YAML 1.2, 9.1.2).
    found = _DOCUMENT_MARKER.search(data, max(position, least))
    return found.start() if found else -1

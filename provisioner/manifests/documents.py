"""
YAML or JSON text to plain data: mappings with text keys, lists, text, whole numbers, true/false and null.

Stricter than a general YAML reader, because the input is a manifest:

* Fractions and dates stay text exactly as written: `version: 1.20` is "1.20" and not 1.2. So do whole numbers in
  unusual forms (`010`, `0x1f`, `1_000`), which two readers would understand differently.
* A key that occurs twice in one mapping is an error.
* Nesting and what aliases expand to are bounded, so that no small file becomes a large object.

Whole numbers, true/false (and yes/no, on/off) and null are what Kubernetes' own reader makes of them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import yaml

from provisioner.api.text import show
from provisioner.errors import Problem

MAX_BYTES = 8 * 1024 * 1024
"""Largest file, in bytes; what an API server stores of one object is below 2 MiB."""
MAX_DEPTH = 64
"""Deepest nesting; Gardener's objects stay below 25."""
MAX_DOCUMENTS = 10_000
"""Most documents in one file."""
MAX_UNREADABLE = 20
"""Broken documents after which the rest of a file is skipped; reading starts again after each one before that."""
MAX_ALIASED_NODES = 100_000
"""Most values that aliases of one document may stand for together."""

_KUBERNETES_INT = re.compile(r"0|-?[1-9][0-9]{0,17}")
_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_TRUE = frozenset({"true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON"})
_FALSE = frozenset({"false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF"})
_TEXT_TAGS = frozenset({"tag:yaml.org,2002:str", "!"})
_TOO_DEEP = f"nested deeper than {MAX_DEPTH} levels, the limit"
_MERGE_KEY = object()
_NO_KEY = object()
_DOCUMENT_MARKER = re.compile(rb"^---(?=[ \t\r\n]|\Z)", re.MULTILINE)

_SCALAR: Any = yaml.ScalarEvent
_MAPPING_START: Any = yaml.MappingStartEvent
_SEQUENCE_START: Any = yaml.SequenceStartEvent
_ALIAS: Any = yaml.AliasEvent
_DOCUMENT_START: Any = yaml.DocumentStartEvent
_DOCUMENT_END: Any = yaml.DocumentEndEvent
# Reading events instead of nodes keeps the parser iterative (no recursion to exhaust) and gives exact line numbers.
_LOADER: Callable[[bytes], _Parser] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Parser(Protocol):
    """The part of a YAML parser that is used."""

    def get_event(self) -> Any:
        """Return the next event."""

    def dispose(self) -> None:
        """Break the parser's reference cycles."""


@dataclass(frozen=True, slots=True)
class Document:
    """One document of a file."""

    source: str
    """`<file> document <number>`, as messages name it."""
    data: Any
    """Plain data; None for an empty document."""
    line: int
    """Line it starts at, counted from 1."""


class _ReadError(Exception):
    """A problem of a document, and its place."""

    def __init__(self, line: int, type: str, detail: str, fix: str = "") -> None:
        super().__init__(detail)
        self.line = line
        self.type = type
        self.detail = detail
        self.fix = fix


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
        document = _read_json(data, name)
        if document is not None:
            return document
    documents: list[Document] = []
    problems: list[Problem] = []
    number = 0
    offset = 0
    while offset >= 0:
        lines_before = data.count(b"\n", 0, offset)
        reader = _DocumentReader(data[offset:])
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
        except _ReadError as error:
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
            name, "", "Invalid", f"is not text: NUL byte in line {_line_at(data, nul)}", "give a YAML or JSON file"
        )
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        detail = f"is not UTF-8 text: wrong byte in line {_line_at(data, error.start)}"
        return Problem(name, "", "Invalid", detail, "save it as UTF-8")
    return None


def too_long(name: str) -> Problem:
    """Return the problem of a file over the limit."""
    detail = f"is larger than {MAX_BYTES // (1024 * 1024)} MiB, the limit for one file"
    return Problem(name, "", "TooLong", detail, "split it into several files")


def _line_at(data: bytes, position: int) -> int:
    """Return the line of a byte, counted from 1."""
    return data.count(b"\n", 0, position) + 1


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


class _Container:
    """A mapping or list that is being filled."""

    __slots__ = ("anchor", "began", "is_mapping", "key", "merges", "value")

    def __init__(self, is_mapping: bool, anchor: str | None, began: int) -> None:
        self.value: Any = {} if is_mapping else []
        self.is_mapping = is_mapping
        self.anchor = anchor
        self.began = began
        """How many values the document had when this one began."""
        self.key: Any = _NO_KEY
        """In a mapping: the key that waits for its value."""
        self.merges: list[dict[str, Any]] = []
        """Mappings given with `<<`."""


class _DocumentReader:
    """Turns the events of a YAML stream into plain data."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._parser: _Parser = _LOADER(data)
        self._anchors: dict[str, tuple[Any, int]] = {}
        self._count = 0
        self._aliased = 0
        self.line = 0
        """Line where the document that is being read starts, counted from 1."""

    def close(self) -> None:
        """Let go of the parser."""
        self._parser.dispose()

    def documents(self) -> Iterator[tuple[Any, int]]:
        """
        Yield (value, line) per document.

        Raises:
            _ReadError: the rest of the stream cannot be read.
        """
        try:
            while (event := self._parser.get_event()) is not None:
                if type(event) is _DOCUMENT_START:
                    self.line = event.start_mark.line + 1
                    yield self._read_document(), self.line
        except yaml.MarkedYAMLError as error:
            raise self._explain(error) from None
        except yaml.reader.ReaderError as error:
            position = error.position if isinstance(error.position, int) else 0
            detail = "a control character or other character that YAML does not allow"
            raise _ReadError(_line_at(self._data, position), "Invalid", detail, "write it as an escape") from None

    def _explain(self, error: yaml.MarkedYAMLError) -> _ReadError:
        """Return a parser error in our words; the parser's texts are constants and quote no input."""
        detail = f"not valid YAML: {error.problem or error.context}"
        mark = error.problem_mark or error.context_mark
        if mark is None:
            return _ReadError(1, "Invalid", detail)
        lines = self._data.split(b"\n", mark.line + 1)
        text = lines[mark.line] if mark.line < len(lines) else b""
        is_tab = b"\t" in text[: len(text) - len(text.lstrip())]
        fix = "indent with blanks; YAML does not allow tabs" if is_tab else ""
        return _ReadError(mark.line + 1, "Invalid", f"{detail} (column {mark.column + 1})", fix)

    def _read_document(self) -> Any:
        """Return the value of the document whose start was just read."""
        self._anchors = {}
        self._count = self._aliased = 0
        stack: list[_Container] = []
        while True:
            event = self._parser.get_event()
            kind = type(event)
            if kind is _SCALAR:
                self._count += 1
                value = self._scalar(event, is_key=bool(stack) and stack[-1].is_mapping and stack[-1].key is _NO_KEY)
            elif kind is _MAPPING_START or kind is _SEQUENCE_START:
                self._count += 1
                self._check_container(event, stack)
                stack.append(_Container(kind is _MAPPING_START, event.anchor, self._count))
                continue
            elif kind is _ALIAS:
                value = self._alias(event)
            elif kind is _DOCUMENT_END:
                return None
            else:
                value = self._finish(stack.pop())
            if not stack:
                self._parser.get_event()  # the document's end
                return value
            self._place(value, stack[-1], event)

    def _scalar(self, event: Any, is_key: bool) -> Any:
        """Return what a scalar means; a key is text as written."""
        value = event.value
        if event.tag is not None and event.tag not in _TEXT_TAGS:
            raise _unsupported_tag(event)
        if event.implicit[0] and event.tag is None:
            if not is_key:
                value = _resolve(value)
            elif value == "<<":
                value = _MERGE_KEY
        if event.anchor is not None:
            self._anchors[event.anchor] = (value, 1)
        return value

    def _alias(self, event: Any) -> Any:
        """Return what an alias stands for, counting what it expands to."""
        found = self._anchors.get(event.anchor)
        if found is None:
            raise _ReadError(
                event.start_mark.line + 1,
                "Invalid",
                "an alias (*name) that no anchor (&name) before it defines",
                "put the value in quotes if it is meant to start with *",
            )
        value, size = found
        self._count += size
        self._aliased += size
        if self._aliased > MAX_ALIASED_NODES:
            detail = f"aliases expand to more than {MAX_ALIASED_NODES} values, the limit"
            raise _ReadError(event.start_mark.line + 1, "TooMany", detail)
        return value

    def _check_container(self, event: Any, stack: list[_Container]) -> None:
        """Refuse a mapping or list where none may begin."""
        if event.tag is not None and not event.implicit:
            raise _unsupported_tag(event)
        if stack and stack[-1].is_mapping and stack[-1].key is _NO_KEY:
            raise _ReadError(event.start_mark.line + 1, "Invalid", "a key must be text, not a mapping or a list")
        if len(stack) >= MAX_DEPTH:
            raise _ReadError(event.start_mark.line + 1, "TooMany", _TOO_DEEP)

    def _finish(self, container: _Container) -> Any:
        """Return a container whose end was reached."""
        for source in container.merges:
            for key, value in source.items():
                container.value.setdefault(key, value)
        if container.anchor is not None:
            self._anchors[container.anchor] = (container.value, self._count - container.began + 1)
        return container.value

    @staticmethod
    def _place(value: Any, container: _Container, event: Any) -> None:
        """Put a value where it belongs: next key, value of the waiting key, or next item."""
        if not container.is_mapping:
            container.value.append(value)
        elif container.key is _NO_KEY:
            if value is not _MERGE_KEY:
                if not isinstance(value, str):
                    raise _ReadError(event.start_mark.line + 1, "Invalid", "a key must be text")
                if value in container.value:
                    detail = f"key {show(value)} occurs twice"
                    raise _ReadError(event.start_mark.line + 1, "Duplicate", detail, "keep one of them")
            container.key = value
        else:
            if container.key is _MERGE_KEY:
                sources = value if isinstance(value, list) else [value]
                if not all(isinstance(source, dict) for source in sources):
                    raise _ReadError(event.start_mark.line + 1, "Invalid", "<< needs a mapping or a list of mappings")
                container.merges += sources
            else:
                container.value[container.key] = value
            container.key = _NO_KEY


def _unsupported_tag(event: Any) -> _ReadError:
    """Return the error of a value with a YAML tag; the tag is not quoted, it may be a credential starting with `!`."""
    fix = "put the value in quotes if it is meant to start with !"
    return _ReadError(event.start_mark.line + 1, "NotSupported", "a YAML tag, which is not supported here", fix)


def _resolve(text: str) -> Any:
    """Return what an unquoted scalar means."""
    first = text[:1]
    if first.isdigit() or first == "-":
        return int(text) if _KUBERNETES_INT.fullmatch(text) else text
    if text in _NULL:
        return None
    if text in _TRUE:
        return True
    if text in _FALSE:
        return False
    return text


def _read_json(data: bytes, name: str) -> tuple[list[Document], list[Problem]] | None:
    """Return the one document of a JSON file, or None when it is not JSON (it may still be YAML)."""
    import json  # only here: most files are YAML

    source = f"{name} document 1"
    try:
        value = json.loads(
            data.decode("utf-8-sig"),
            object_pairs_hook=_unique_pairs,
            parse_float=str,
            parse_int=_resolve,
            parse_constant=str,
        )
    except _ReadError as error:
        return [], [Problem(source, "", error.type, error.detail, error.fix)]
    except RecursionError:
        return [], [Problem(source, "", "TooMany", _TOO_DEEP)]
    except ValueError:
        return None
    if _is_deeper(value, MAX_DEPTH):
        return [], [Problem(source, "", "TooMany", _TOO_DEEP)]
    return [Document(source, value, 1)], []


def _unique_pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return a JSON object, refusing a key that occurs twice."""
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise _ReadError(0, "Duplicate", f"key {show(key)} occurs twice", "keep one of them")
            seen.add(key)
    return found


def _is_deeper(value: Any, limit: int) -> bool:
    """Return whether data is nested deeper than `limit` containers."""
    level = [value]
    for _ in range(limit + 1):
        level = [
            child
            for parent in level
            if isinstance(parent, dict | list)
            for child in (parent.values() if isinstance(parent, dict) else parent)
        ]
        if not level:
            return False
    return any(isinstance(value, dict | list) for value in level)

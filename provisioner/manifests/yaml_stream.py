"""
A stream of YAML documents as plain data.

That is mappings with text keys, lists, text, whole numbers, true/false and null. The reader is stricter than a
general one, because the input is a manifest:

* Fractions and dates stay text exactly as written: `version: 1.20` is "1.20" and not 1.2. So do whole numbers in
  unusual forms (`010`, `0x1f`, `1_000`), which two readers would understand differently.
* A key that occurs twice in one mapping is an error.
* Nesting and what aliases expand to are bounded, so that no small file becomes a large object.

Whole numbers, true/false (and yes/no, on/off) and null are what Kubernetes' own reader makes of them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, Protocol

import yaml

from provisioner.api.text import show
from provisioner.manifests.read_error import MAX_DEPTH, TOO_DEEP, ReadError, line_at

MAX_ALIASED_NODES = 100_000
"""Most values that aliases of one document may stand for together."""

_KUBERNETES_INT = re.compile(r"0|-?[1-9][0-9]{0,17}")
_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_TRUE = frozenset({"true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON"})
_FALSE = frozenset({"false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF"})
_TEXT_TAGS = frozenset({"tag:yaml.org,2002:str", "!"})
_MERGE_KEY = object()
_NO_KEY = object()

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


class DocumentReader:
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
            ReadError: the rest of the stream cannot be read.
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
            raise ReadError(line_at(self._data, position), "Invalid", detail, "write it as an escape") from None

    def _explain(self, error: yaml.MarkedYAMLError) -> ReadError:
        """Return a parser error in our words; the parser's texts are constants and quote no input."""
        detail = f"not valid YAML: {error.problem or error.context}"
        mark = error.problem_mark or error.context_mark
        if mark is None:
            return ReadError(1, "Invalid", detail)
        lines = self._data.split(b"\n", mark.line + 1)
        began = error.context_mark or mark
        # YAML has more line breaks than this one, so a mark may lie beyond these lines.
        for number in range(began.line, min(mark.line, len(lines))):
            if lines[number].strip() == b"...":  # an example's way to say "and so on"
                return ReadError(number + 1, "Invalid", "still is a placeholder (...)", "replace or remove it")
        text = lines[mark.line] if mark.line < len(lines) else b""
        is_tab = b"\t" in text[: len(text) - len(text.lstrip())]
        fix = "indent with blanks; YAML does not allow tabs" if is_tab else ""
        return ReadError(mark.line + 1, "Invalid", f"{detail} (column {mark.column + 1})", fix)

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
                value = resolve_scalar(value)
            elif value == "<<":
                value = _MERGE_KEY
        if event.anchor is not None:
            self._anchors[event.anchor] = (value, 1)
        return value

    def _alias(self, event: Any) -> Any:
        """Return what an alias stands for, counting what it expands to."""
        found = self._anchors.get(event.anchor)
        if found is None:
            raise ReadError(
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
            raise ReadError(event.start_mark.line + 1, "TooMany", detail)
        return value

    def _check_container(self, event: Any, stack: list[_Container]) -> None:
        """Refuse a mapping or list where none may begin."""
        if event.tag is not None and not event.implicit:
            raise _unsupported_tag(event)
        if stack and stack[-1].is_mapping and stack[-1].key is _NO_KEY:
            raise ReadError(event.start_mark.line + 1, "Invalid", "a key must be text, not a mapping or a list")
        if len(stack) >= MAX_DEPTH:
            raise ReadError(event.start_mark.line + 1, "TooMany", TOO_DEEP)

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
                    raise ReadError(event.start_mark.line + 1, "Invalid", "a key must be text")
                if value in container.value:
                    detail = f"key {show(value)} occurs twice"
                    raise ReadError(event.start_mark.line + 1, "Duplicate", detail, "keep one of them")
            container.key = value
        else:
            if container.key is _MERGE_KEY:
                sources = value if isinstance(value, list) else [value]
                if not all(isinstance(source, dict) for source in sources):
                    raise ReadError(event.start_mark.line + 1, "Invalid", "<< needs a mapping or a list of mappings")
                container.merges += sources
            else:
                container.value[container.key] = value
            container.key = _NO_KEY


def _unsupported_tag(event: Any) -> ReadError:
    """Return the error of a value with a YAML tag; the tag is not quoted, it may be a credential starting with `!`."""
    fix = "put the value in quotes if it is meant to start with !"
    return ReadError(event.start_mark.line + 1, "NotSupported", "a YAML tag, which is not supported here", fix)


def resolve_scalar(text: str) -> Any:
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

"""What goes wrong with manifests: nonsense at any place of the objects, and files that are broken as text."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from tests.properties.shoots import GeneratedShoot, shoots, write


def _nested(depth: int, *, in_lists: bool) -> Any:
    value: Any = "x"
    for _ in range(depth):
        value = [value] if in_lists else {"a": value}
    return value


NONSENSE: tuple[Any, ...] = (
    # Nothing, and what is of another type.
    None, True, False, "", " ", [], {}, [None], [[]], [{}], {"": ""}, {"a": None}, {"name": None}, {"name": "x"}, 1.5,
    # Numbers: negative, large, and such as only some readers take for numbers.
    0, 1, -1, 2**31 - 1, 2**31, -(2**63), 10**30, 10**400, "1", "-0", "0x1f", "010", "1e3", "1_000", "٣", "1.0", "NaN",
    # Quantities and percentages.
    "0Gi", "-1Gi", "1Zi", "1.5Gi", "9" * 400 + "Gi", "99999999Ti", "20 Gi", "0.0000001Gi", "1%", "101%", "-1%", "%",
    "999999999%", "1000000000%", "1.5%", "٣%",
    # Ranges.
    "10.0.0.0/8", "10.250.0.0/16", "10.0.0.1/8", "0.0.0.0/0", "255.255.255.255/32", "100.64.0.0/10", "10.0.0.0/33",
    "10.0.0.0", "10.0.0.0/-1", "010.0.0.0/8", "::/0", "2001:db8::/56", "10.0.0.0/255.0.0.0", "256.0.0.0/8",
    # Names of other things.
    "nothing", "eu-central-1", "eu-central-1z", "ecs.g7.large", "cloud_auto", "cloud_essd", "gcp", "alicloud",
    "v1", "List",
    "Shoot", "Secret", "core.gardener.cloud/v1beta1", "vpc-1", "amd64", "cloudprovider", "../../etc/passwd",
    # Texts that are too long, or not what they look like.
    "a" * 64, "a" * 300, "A" * 100_000, "-", "--", "a--b", ".", "a..b", "/", "a/b/c", "Ünï", "日本",
    "\u202ename", "\ufeff",
    "a\nb", "a\tb", "\x1b[2J", "\x7f", "\u0085", "\u2028", "${x}", "%{x}", "{{x}}", "\U0010ffff", "e\u0301", "true ",
    # Dates, and what YAML makes something of.
    "2024-01-01", "2024-01-01T00:00:00Z", "12:30:45", "yes", "null", "~", "=", "<<", "*a", "&a", "!!binary eA==", "? a",
    # Base64: of bytes that are no text, of nothing, of a blank.
    "/////w==", "", "IA==", "AA==",
    # Depth and number.
    _nested(20, in_lists=True), _nested(70, in_lists=True), _nested(70, in_lists=False), ["x"] * 500, ["same", "same"],
    {str(number): number for number in range(300)},
)  # fmt: skip

_VALUES = (
    "!!binary aGk=", "!!python/object/apply:os.system [id]", "!secret x", "!!int x", "2024-01-01", "0o17",
    "017", "1_000",
    ".inf", "1:30", "|", ">-", "'", '"', "[", "{", "}", "*a", "&a", "&a x", "~", "yes", "=", "%x", "@x", "`x",
    "? x", "- x",
    "<<", "x: y", "# x", "''", "!", '"\\ud800"', '"\\0"', '"\\x1b[2J"', "[[[[]]]]", "{{x}}", "{a: {a: {a: b}}}",
)  # fmt: skip
_LINES = (
    "<<: {a: 1}", "<<: *missing", "<<: [1]", "<<: 1", "? [a]", "? {a: b}\n: c", "- x", "x", "x: y", "---",
    "...", "%YAML 1.3",
    "%TAG ! x", "a: &a [*a]", "a: &a {<<: *a}", "\tx: y", " x: y", "null: x", "1: x", "[a]: b",
    "? |\n  x\n: y", "apiVersion: v1",
    "kind: Secret", "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b]",
)  # fmt: skip
_BYTES = (
    b"\0", b"\xff", b"\xc3", b"\xed\xa0\x80", b"\xef\xbb\xbf", b"\xff\xfe", b"\x1b[2J", b"\r", b"\n",
    b"\xe2\x80\xa8", b"\t",
    b"\xc2\x85", "🚀".encode(), b"---\n", b"\n---\n", b"\n...\n", b"[" * 300, b"{" * 300, b"- " * 300,
    b"a: " * 3, b"'", b'"',
    b"#", b":", b"&a ", b"*a ", b"|\n", b"\x08", b"\x7f", b",", b"]", b"}",
)  # fmt: skip


@dataclass(frozen=True)
class SpoiledShoot:
    """Files that were the manifests of one shoot, each until something was done to it."""

    shoot: GeneratedShoot
    files: tuple[bytes, ...]

    def __str__(self) -> str:
        """Return nothing: which of the files it was, a test says itself."""
        return ""

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """Let hypothesis print what is short."""
        printer.text(f"SpoiledShoot({self.shoot.technical_id})")


@st.composite
def spoiled_shoots(draw: st.DrawFn, files: int) -> SpoiledShoot:
    """Return several spoiled files of one shoot; making the shoot takes longer than spoiling it."""
    shoot = draw(shoots(most_zones=3, most_pools=3))
    return SpoiledShoot(shoot, tuple(_spoil(draw, shoot) for _ in range(files)))


def _spoil(draw: st.DrawFn, shoot: GeneratedShoot) -> bytes:
    """Return the manifests with one to three things done to them."""
    documents: list[Any] = copy.deepcopy(shoot.documents)
    changes = draw(st.integers(1, 3))
    of_text = draw(st.sampled_from([0, 0, 0, 0, 1, changes]))
    shares = False
    for _ in range(changes - of_text):
        shares |= draw(st.sampled_from(_OF_OBJECTS))(draw, documents)
    # What is shared becomes an anchor and aliases, which JSON does not have.
    text = write(documents, as_json=shoot.as_json and not shares)
    data = text.encode("utf-8", "surrogatepass")
    for _ in range(of_text):
        data = draw(st.sampled_from(_OF_TEXTS))(draw, data)
    return data


def _places(value: Any, seen: frozenset[int] = frozenset()) -> Iterator[tuple[Any, Any]]:
    """Yield each container in a value with each of its keys; what contains itself is not entered again."""
    if isinstance(value, dict | list) and id(value) not in seen:
        for key in list(value) if isinstance(value, dict) else range(len(value)):
            yield value, key
            yield from _places(value[key], seen | {id(value)})


def _place(draw: st.DrawFn, documents: list[Any], *, holds_secrets: bool = True) -> tuple[Any, Any]:
    """Return a place in one of the documents, in the Shoot most of the time."""
    shoots_ = [document for document in documents if _kind(document) == "Shoot"]
    others = [document for document in documents if holds_secrets or _kind(document) not in ("Secret", None)]
    document = draw(st.sampled_from((shoots_ * 4 + others) or [{"kind": "Shoot"}]))
    found = list(_places(document)) or [({"kind": "Shoot"}, "kind")]
    return found[draw(st.integers(0, len(found) - 1))]


def _kind(document: Any) -> str | None:
    kind = document.get("kind") if isinstance(document, dict) else None
    return kind if isinstance(kind, str) else None


def _remove(draw: st.DrawFn, documents: list[Any]) -> bool:
    container, key = _place(draw, documents)
    del container[key]
    return False


def _put(draw: st.DrawFn, documents: list[Any]) -> bool:
    container, key = _place(draw, documents)
    container[key] = copy.deepcopy(draw(st.sampled_from(NONSENSE)))
    return False


def _wrap(draw: st.DrawFn, documents: list[Any]) -> bool:
    """Change the type of what there is."""
    container, key = _place(draw, documents)
    value = container[key]
    container[key] = draw(
        st.sampled_from([[value], {"value": value}, [value, value], str(value)[:200], _unlisted(value)])
    )
    return True


def _unlisted(value: Any) -> Any:
    if isinstance(value, list):
        return {str(index): item for index, item in enumerate(value)}
    return list(value.values()) if isinstance(value, dict) else value


def _rename(draw: st.DrawFn, documents: list[Any]) -> bool:
    container, key = _place(draw, documents)
    if isinstance(container, dict):
        text = str(key)
        names = [
            text.upper(),
            f"{text}s",
            text[:-1],
            f" {text}",
            f"{text}\u200b",
            "x" * 300,
            "ключ",
            "\x1b[2J",
            "",
            "a.b[0]",
        ]
        container[draw(st.sampled_from(names))] = container.pop(key)
    return False


def _repeat(draw: st.DrawFn, documents: list[Any]) -> bool:
    """Put an item, or a whole document, there twice."""
    container, key = _place(draw, documents)
    if not isinstance(container, list):
        container, key = documents, draw(st.integers(0, len(documents) - 1))
    container.insert(key, copy.deepcopy(container[key]))
    return False


def _refer(draw: st.DrawFn, documents: list[Any]) -> bool:
    """Put what is elsewhere here, as a copy or as the same object; nothing is taken from Secrets."""
    source, from_ = _place(draw, documents, holds_secrets=False)
    container, key = _place(draw, documents)
    shares = draw(st.booleans())
    container[key] = source[from_] if shares else copy.deepcopy(source[from_])
    return True


def _drop(draw: st.DrawFn, documents: list[Any]) -> bool:
    del documents[draw(st.integers(0, len(documents) - 1))]
    documents.append({"apiVersion": "v1", "kind": draw(st.sampled_from(["ConfigMap", "Shot", "List", "Secret"]))})
    return False


_OF_OBJECTS: tuple[Callable[[st.DrawFn, list[Any]], bool], ...] = (
    *(_put,) * 6, *(_remove,) * 3, _wrap, _rename, _repeat, *(_refer,) * 2, _drop,
)  # fmt: skip
"""Each returns whether objects may be in several places now."""


def _cut(draw: st.DrawFn, data: bytes) -> bytes:
    return data[: draw(st.integers(0, len(data)))]


def _insert(draw: st.DrawFn, data: bytes) -> bytes:
    position = draw(st.integers(0, len(data)))
    return data[:position] + draw(st.sampled_from(_BYTES)) + data[position:]


def _change_line(draw: st.DrawFn, data: bytes) -> bytes:
    """Do something to a line: another value, another indentation, another line after it, or the same one again."""
    lines = data.split(b"\n")
    number = draw(st.integers(0, len(lines) - 1))
    line = lines[number]
    key, colon, _ = line.partition(b":")
    indent = line[: len(line) - len(line.lstrip())]
    change = draw(st.sampled_from(["value", "value", "after", "twice", "without", "in", "out", "tab"]))
    lines[number : number + 1] = {
        "value": [key + colon + b" " + draw(st.sampled_from(_VALUES)).encode()],
        "after": [line, indent + draw(st.sampled_from(_LINES)).encode()],
        "twice": [line, line],
        "without": [],
        "in": [b" " + line],
        "out": [line[1:]],
        "tab": [b"\t" + line],
    }[change]
    return b"\n".join(lines)


def _encode(draw: st.DrawFn, data: bytes) -> bytes:
    """Write the same in another way."""
    text = data.decode("utf-8", "replace")
    form = draw(st.sampled_from(["utf-16", "utf-8-sig", "utf-32", "latin-1", "crlf", "json string", "twice"]))
    if form == "crlf":
        return data.replace(b"\n", b"\r\n")
    if form == "json string":
        return json.dumps(text).encode()
    if form == "twice":
        return data + b"\n---\n" + data
    return text.encode(form, "replace")


_OF_TEXTS = (_cut, _insert, _insert, _change_line, _change_line, _change_line, _change_line, _encode)

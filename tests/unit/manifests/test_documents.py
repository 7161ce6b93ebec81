"""YAML and JSON text to plain data: what scalars mean, what is refused, and how far a broken file is read."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provisioner.errors import Problem
from provisioner.manifests import read_documents
from provisioner.manifests.documents import MAX_BYTES


def read_one(text: str) -> object:
    documents, problems = read_documents(text.encode(), "f.yaml")
    assert problems == []
    (document,) = documents
    return document.data


def problems_of(data: bytes) -> list[Problem]:
    return read_documents(data, "f.yaml")[1]


@pytest.mark.parametrize(
    ("scalar", "value"),
    [
        ("2023.4.0", "2023.4.0"),
        ("1.20", "1.20"),
        ("1.16", "1.16"),
        ("1e3", "1e3"),
        (".inf", ".inf"),
        ("2020-04-05", "2020-04-05"),
        ("2020-04-05T01:02:03Z", "2020-04-05T01:02:03Z"),
        ("010", "010"),
        ("0x1F", "0x1F"),
        ("1_000", "1_000"),
        ("+5", "+5"),
        ("190:20:30", "190:20:30"),
        ("9" * 30, "9" * 30),
        ("50Gi", "50Gi"),
        ("25%", "25%"),
        ("y", "y"),
        ('"3"', "3"),
        ("!!str 3", "3"),
        ("! 3", "3"),
        ("3", 3),
        ("-7", -7),
        ("0", 0),
        ("true", True),
        ("no", False),
        ("On", True),
        ("~", None),
        ("", None),
    ],
)
def test_scalars_are_text_as_written_unless_whole_number_flag_or_null(scalar: str, value: object) -> None:
    assert read_one(f"key: {scalar}") == {"key": value}


def test_keys_are_always_text() -> None:
    assert read_one("{1: a, true: b, 1.20: c}") == {"1": "a", "true": "b", "1.20": "c"}


def test_merge_keys_give_way_to_own_keys_and_earlier_sources_win() -> None:
    text = "a: &a {x: 1, y: 1}\nb: &b {y: 2, z: 2}\nc: {z: 3, <<: [*a, *b]}"
    assert read_one(text)["c"] == {"z": 3, "x": 1, "y": 1}  # type: ignore[index]  # a mapping, as the text says


def test_json_may_escape_both_halves_of_a_surrogate_pair() -> None:
    documents, problems = read_documents(b'{"a": "\\ud83d\\ude00"}', "f")
    assert ([document.data for document in documents], problems) == ([{"a": "\U0001f600"}], [])


def test_json_keeps_fractions_as_text() -> None:
    assert read_one('{"version": 1.20, "count": 3, "unit": "\\u00b5", "none": null}') == {
        "version": "1.20",
        "count": 3,
        "unit": "µ",
        "none": None,
    }


def test_a_byte_order_mark_is_ignored() -> None:
    documents, problems = read_documents(b"\xef\xbb\xbfa: 1\n", "f.yaml")
    assert ([document.data for document in documents], problems) == ([{"a": 1}], [])


def test_documents_are_numbered_with_empty_ones_counted() -> None:
    documents, _ = read_documents(b"a: 1\n---\n# nothing\n---\nb: 2\n", "f.yaml")
    assert [(document.source, document.line) for document in documents] == [
        ("f.yaml document 1", 1),
        ("f.yaml document 3", 4),
    ]


def test_a_broken_document_does_not_hide_the_ones_around_it() -> None:
    documents, problems = read_documents(b"a: 1\n---\nb: [\n---\nc: 3\n---\nd: *none\n---\ne: 5\n", "f.yaml")
    assert [document.data for document in documents] == [{"a": 1}, {"c": 3}, {"e": 5}]
    assert [problem.object for problem in problems] == ["f.yaml document 2", "f.yaml document 4"]


SURROGATE = r"text with half of a surrogate pair (an escape from \ud800 to \udfff that stands alone)"


@pytest.mark.parametrize(
    ("data", "type_", "detail"),
    [
        (b"", "Required", "is empty"),
        (b"# only a comment\n", "Required", "holds no object, only comments or blanks"),
        (b"---\n---\n", "Required", "holds no object, only comments or blanks"),
        (b"a: \xff", "Invalid", "is not UTF-8 text: wrong byte in line 1"),
        (b"a: 1\nb: \x00", "Invalid", "is not text: NUL byte in line 2"),
        ("a: 1".encode("utf-16"), "Invalid", "is UTF-16 text"),
        (b"a: \x07", "Invalid", "line 1: a control character or other character that YAML does not allow"),
        (b"a:\n\tb: 1", "Invalid", "line 2: not valid YAML: found character that cannot start any token (column 1)"),
        (b"a: b: c", "Invalid", "line 1: not valid YAML: mapping values are not allowed in this context (column 5)"),
        (b"a: 1\nb: 2\na: 3", "Duplicate", 'line 3: key "a" occurs twice'),
        (b'{"a": {"b": 1, "b": 2}}', "Duplicate", 'key "b" occurs twice'),
        (b'{"a": "\\uD83D"}', "Invalid", SURROGATE),
        (b'{"\\udfff": 1}', "Invalid", SURROGATE),
        (b"a: !!binary aGk=", "NotSupported", "line 1: a YAML tag, which is not supported here"),
        (b"a: !custom {b: 1}", "NotSupported", "line 1: a YAML tag, which is not supported here"),
        (b"a: *missing", "Invalid", "line 1: an alias (*name) that no anchor (&name) before it defines"),
        (b"a: &a [*a]", "Invalid", "line 1: an alias (*name) that no anchor (&name) before it defines"),
        (b"? [a]\n: b", "Invalid", "line 1: a key must be text, not a mapping or a list"),
        (b"<<: 3", "Invalid", "line 1: << needs a mapping or a list of mappings"),
        (b"[" * 100, "TooMany", "line 1: nested deeper than 64 levels, the limit"),
        (b'{"a":' * 100 + b"1" + b"}" * 100, "TooMany", "nested deeper than 64 levels, the limit"),
        (b"---\n" * 20_000, "TooMany", "holds more than 10000 documents, the limit for one file"),
    ],
)
def test_what_cannot_be_read_says_why(data: bytes, type_: str, detail: str) -> None:
    (problem,) = problems_of(data)
    assert (problem.type, problem.detail) == (type_, detail)


def test_tabs_come_with_advice() -> None:
    assert problems_of(b"a:\n\tb: 1")[0].fix == "indent with blanks; YAML does not allow tabs"


def test_aliases_cannot_blow_a_small_file_up() -> None:
    lines = [b"a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [b"a%d: &a%d [%s]" % (n, n, b", ".join([b"*a%d" % (n - 1)] * 10)) for n in range(1, 9)]
    (problem,) = problems_of(b"\n".join(lines))
    assert (problem.type, problem.detail) == ("TooMany", "line 5: aliases expand to more than 100000 values, the limit")


def test_a_file_over_the_limit_is_refused_with_the_limit() -> None:
    (problem,) = problems_of(b"a" * (MAX_BYTES + 1))
    assert (problem.type, problem.detail) == ("TooLong", "is larger than 8 MiB, the limit for one file")


@pytest.mark.parametrize(
    "data",
    [
        b"[" * 4_000_000,
        b"{" * 4_000_000,
        b'{"a":' * 1_000_000,
        b"- " * 2_000_000,
        b"? " * 2_000_000,
        b"---\n*x\n" * 1_000_000,
        b"- '\n---\n" * 1_000_000,
        b"a: " * 2_000_000,
        b"'" * 8_000_000,
    ],
    ids=["lists", "mappings", "json", "items", "keys", "aliases", "quotes", "colons", "text"],
)
def test_a_hostile_file_is_judged_quickly(data: bytes) -> None:
    started = time.process_time()
    read_documents(data, "f.yaml")
    assert time.process_time() - started < 2


@pytest.mark.parametrize(
    "data",
    [
        b"accessKeySecret: *hunter2",
        b"accessKeySecret: !hunter2",
        b"accessKeySecret: [hunter2",
        b"accessKeySecret: hunter2: x",
        b"accessKeySecret: 'hunter2",
        b"accessKeySecret: |hunter2\n",
        b"%hunter2\n",
        b"accessKeySecret: @hunter2",
        b"accessKeySecret: `hunter2",
    ],
)
def test_a_broken_file_is_never_quoted(data: bytes) -> None:
    assert "hunter2" not in str(problems_of(data)[0])


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_give_documents_or_problems(data: bytes) -> None:
    documents, problems = read_documents(data, "f.yaml")
    assert documents or problems


@settings(deadline=None)
@given(st.text(alphabet=" \n\t-:[]{}&*!|>'\"%@`#,?<abc01.~", max_size=200))
def test_any_yaml_like_text_gives_documents_or_problems(text: str) -> None:
    documents, problems = read_documents(text.encode(), "f.yaml")
    assert documents or problems


@pytest.mark.parametrize("line_break", ["\n", "\r", "\r\n", "\x85", "\u2028"])
def test_an_error_is_found_after_every_line_break_that_yaml_has(line_break: str) -> None:
    text = line_break.join(["k: [1,", "  b,", "  c", "d: 1", ""])
    documents, problems = read_documents(text.encode(), "f.yaml")
    assert (documents, [problem.object for problem in problems]) == ([], ["f.yaml document 1"])

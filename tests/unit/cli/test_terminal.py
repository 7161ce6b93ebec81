"""With any text from outside, a terminal gets only lines of this program, in visible characters."""

from __future__ import annotations

import io
import json
import logging
import re
import subprocess
import sys

import pytest
from hypothesis import given, settings

from provisioner.api.text import is_printable
from provisioner.cli.console import Console
from provisioner.cli.parser import parse_arguments
from provisioner.cli.progress import LiveReporter, PlainReporter
from provisioner.cli.run import line_formatter
from provisioner.errors import ManifestError, Problem
from provisioner.ids import INFRASTRUCTURE
from provisioner.runner import Change, Event, Plan
from provisioner.runner.diagnostics import run_error
from tests.properties.texts import FORGED, texts_from_outside

IN_ITS_TIME = settings(deadline=None)
"""What prints is imported by the first example."""
TEXTS = texts_from_outside()
LINE = re.compile(r"(error|warning|error codes|and this|terraform printed|Infrastructure|Adopting|Destroy|HOST): |  |$")
"""How a line begins that this program has begun."""


def lines_of(*streams: io.StringIO) -> list[str]:
    """Return what was printed, without the end of its last line."""
    return [line for stream in streams for line in stream.getvalue().removesuffix("\n").split("\n")]


def is_ours(line: str) -> bool:
    """Return whether a line begins as those of this program, and is seen as it is."""
    return is_printable(line) and LINE.match(line) is not None


@IN_ITS_TIME
@given(TEXTS)
def test_text_from_outside_neither_begins_a_line_nor_acts_on_the_terminal(text: str) -> None:
    out, err = io.StringIO(), io.StringIO()
    console = Console("text", out, err)
    problem = Problem(text, text, text, text, text)
    console.note(f"Infrastructure: {text}")
    console.warn(problem)
    console.error(ManifestError([problem, problem]))
    console.lines([f"HOST: {text}"])
    failure = run_error(
        [
            {"severity": "error", "summary": text, "detail": text, "address": text},
            {"severity": "error", "summary": f"Code: {text}\nMessage: {text}\n", "detail": text, "address": text},
        ],
        "apply",
        1,
        text,
    )
    failure.add_note(f"and this: {text}")
    console.error(failure)
    crash = run_error([], "apply", 1, text)
    console.error(crash)
    assert [line for line in lines_of(out, err) if not is_ours(line)] == []


@pytest.mark.parametrize("kind", [PlainReporter, LiveReporter])
def test_progress_neither_begins_a_line_nor_acts_on_the_terminal(kind: type[PlainReporter]) -> None:
    @IN_ITS_TIME
    @given(TEXTS)
    def check(text: str) -> None:
        out, err = io.StringIO(), io.StringIO()
        reporter = kind(Console("text", out, err))
        resource = {"resource": {"addr": text}, "action": "create"}
        with reporter:
            reporter.step(f"adopting: {text}")
            reporter.plan(
                INFRASTRUCTURE, Plan(has_changes=True, changes=(Change(text, text, text),)), is_preliminary=False
            )
            reporter.event(INFRASTRUCTURE, Event("apply_start", text, {"hook": resource}))
            for type in ("apply_complete", "apply_errored"):
                reporter.event(INFRASTRUCTURE, Event(type, text, {"hook": {**resource, "id_value": text}}))
            diagnostic = {"severity": "warning", "summary": text, "detail": text, "address": text}
            reporter.event(INFRASTRUCTURE, Event("diagnostic", text, {"diagnostic": diagnostic}))
        assert [line for line in lines_of(out, err) if not is_ours(line)] == []

    check()


@pytest.mark.parametrize("kind", [PlainReporter, LiveReporter])
def test_question_is_one_line(kind: type[PlainReporter], monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr("sys.stdin", Terminal("no\n"))
    monkeypatch.setattr("sys.stderr", io.StringIO())
    out = io.StringIO()
    assert not kind(Console("text", out, io.StringIO())).ask(f"Destroy: {FORGED}?", "yes")
    assert [line for line in lines_of(out) if not is_ours(line)] == []


def test_live_line_takes_no_address_for_a_link_or_a_style() -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    out = Terminal()
    with LiveReporter(Console("text", out, io.StringIO())) as reporter:
        address = 'module.a.alicloud_vpc.this["[link=http://x]a[/link][/]"]'
        reporter.event(INFRASTRUCTURE, Event("refresh_start", "", {"hook": {"resource": {"addr": address}}}))
    assert "\x1b]8" not in out.getvalue()


@IN_ITS_TIME
@given(TEXTS)
def test_json_reads_back_and_is_printable(text: str) -> None:
    out = io.StringIO()
    Console("json", out, io.StringIO()).document({"key": text, text: [text]})
    assert all(is_printable(line) for line in lines_of(out))
    assert json.loads(out.getvalue()) == {"key": text, text: [text]}


def test_stored_json_is_printable_on_a_terminal_and_says_the_same() -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    out = Terminal()
    body = json.dumps({"key": FORGED, "e": "ü"}, indent=2, ensure_ascii=False).encode()
    Console("text", out, io.StringIO()).body(body)
    assert all(is_printable(line) for line in lines_of(out))
    assert json.loads(out.getvalue()) == json.loads(body)


def test_stored_json_is_the_same_bytes_in_a_file() -> None:
    out = io.TextIOWrapper(io.BytesIO())
    body = json.dumps({"key": FORGED}, ensure_ascii=False).encode()
    Console("text", out, io.StringIO()).body(body)
    assert out.buffer.getvalue() == body  # type: ignore[attr-defined]  # a BytesIO has it


@IN_ITS_TIME
@given(TEXTS)
def test_log_record_is_one_line_and_its_traceback_is_indented(text: str) -> None:
    try:
        raise ValueError(text)
    except ValueError as error:
        record = logging.LogRecord("provisioner", logging.ERROR, "", 1, "%s", (text,), (type(error), error, None))
    first, *rest = line_formatter().format(record).split("\n")
    assert all(is_printable(line) for line in (first, *rest))
    assert (first[:2], {line[:4] for line in rest}) == ("20", {"    "})


THREAD = """
import argparse, sys, threading
from provisioner.cli.run import _configure_logging, configure_process

def fail():
    raise ValueError(sys.argv[1])

configure_process(argparse.Namespace())
_configure_logging("info")
threading.Thread(target=fail, name="a-thread").start()
"""


def test_traceback_of_a_thread_is_a_log_record() -> None:
    done = subprocess.run([sys.executable, "-c", THREAD, FORGED], capture_output=True, check=True, encoding="utf-8")
    first, *rest = done.stderr.removesuffix("\n").split("\n")
    assert all(is_printable(line) for line in (first, *rest))
    assert first.endswith(" ERROR provisioner: unexpected error in thread a-thread")
    assert {line[:4] for line in rest} == {"    "}


def test_usage_error_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parse_arguments(["plan", "shoot.yaml", "--" + FORGED.replace(" ", "")])
    usage, error = capsys.readouterr().err.rstrip("\n").rsplit("\n", 1)
    assert "error: unrecognized arguments: --" in error
    assert all(is_printable(line) for line in (*usage.split("\n"), error))

"""What a run tells while it goes on: plain lines, or a live display on a terminal; and its questions."""

from __future__ import annotations

import sys
import threading
import time
from types import TracebackType
from typing import Any, Self

from provisioner.api.text import printable
from provisioner.cli.console import Console
from provisioner.errors import ConsentError, Problem
from provisioner.ids import Root
from provisioner.reports.text import event_line, plan_lines
from provisioner.runner import Event, Plan


class PlainReporter:
    """Prints plain lines, one per finished resource."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def __enter__(self) -> Self:
        """Return the reporter."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Nothing to end."""

    def step(self, text: str) -> None:
        """Print a heading."""
        self._console.note(f"{text[:1].upper()}{text[1:]} ...")

    def warn(self, problem: Problem) -> None:
        """Print a warning."""
        self._console.warn(problem)

    def plan(self, root: Root, plan: Plan, *, is_preliminary: bool) -> None:
        """Print what a plan would change, one line per resource."""
        for line in plan_lines(root, plan, is_preliminary=is_preliminary):
            self._console.note(line)

    def event(self, root: Root, event: Event) -> None:
        """Print a finished or failed resource, and every warning of terraform."""
        line = event_line(event)
        if line is not None:
            self._console.note(line)
        self._warn_of(event)

    def ask(self, question: str, answer: str) -> bool:
        """
        Return whether the operator types `answer`.

        Raises:
            ConsentError: standard input is no terminal.
        """
        if not sys.stdin.isatty():
            raise ConsentError(
                "there are changes to confirm and no terminal to ask on; nothing was changed",
                type="NoConsent",
                fix="run it with --yes",
            )
        self._console.note()
        self._console.note(question)
        sys.stderr.write("> ")
        sys.stderr.flush()
        try:
            return sys.stdin.readline().strip() == answer
        except OSError as error:  # it runs in the background, or the terminal is gone
            raise ConsentError(
                "there are changes to confirm, and the terminal cannot be read; nothing was changed",
                type="NoConsent",
                fix="run it in the foreground, or with --yes",
            ) from error

    def _warn_of(self, event: Event) -> None:
        diagnostic: Any = event.record.get("diagnostic")
        if event.type == "diagnostic" and isinstance(diagnostic, dict) and diagnostic.get("severity") == "warning":
            text = " ".join(f"{diagnostic.get('summary', '')}: {diagnostic.get('detail', '')}".split()).strip(": ")
            self._console.warn(Problem(str(diagnostic.get("address", "terraform")), "", "Warning", text))


class LiveReporter(PlainReporter):
    """The same on a terminal, with a live line for what is in flight."""

    def __init__(self, console: Console) -> None:
        super().__init__(console)
        from rich.console import Console as RichConsole
        from rich.status import Status
        from rich.text import Text

        self._as_text = Text
        self._rich = RichConsole(file=console.notes, highlight=False, markup=False, emoji=False, soft_wrap=True)
        self._status = Status("", console=self._rich)
        self._running: dict[str, float] = {}
        self._lock = threading.Lock()
        self._is_live = False

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """End the live line."""
        self._show("")

    def step(self, text: str) -> None:
        """Print a heading."""
        self._rich.print(printable(f"{text[:1].upper()}{text[1:]} ..."), style="bold")

    def plan(self, root: Root, plan: Plan, *, is_preliminary: bool) -> None:
        """Print what a plan would change, coloured."""
        self._show("")
        colours = {"+": "green", "~": "yellow", "-": "red", "±": "red"}
        for line in plan_lines(root, plan, is_preliminary=is_preliminary):
            self._rich.print(printable(line), style=colours.get(line.strip()[:1], "bold"))

    def event(self, root: Root, event: Event) -> None:
        """Print finished resources, and keep the live line current."""
        line = event_line(event)
        with self._lock:
            if event.type == "apply_start":
                self._running[event.address] = time.monotonic()
            elif event.type in ("apply_complete", "apply_errored"):
                self._running.pop(event.address, None)
            if line is not None:
                self._rich.print(printable(line), style="red" if event.type == "apply_errored" else None)
            if event.type == "refresh_start":
                self._show(f"reading {event.address}")
            elif self._running:
                names = ", ".join(sorted(address.rpartition("alicloud_")[2] for address in self._running))
                self._show(f"{len(self._running)} in progress: {names}")
            else:
                self._show("")
        self._warn_of(event)

    def ask(self, question: str, answer: str) -> bool:
        """Ask, without a live line in the way."""
        self._show("")
        return super().ask(question, answer)

    def _show(self, text: str) -> None:
        if text:
            # A status takes a plain string for markup, and what is in brackets for a style or a link.
            self._status.update(self._as_text(printable(text)[: self._rich.width - 4]))
        if bool(text) != self._is_live:
            self._is_live = bool(text)
            if self._is_live:
                self._status.start()
            else:
                self._status.stop()


def make_reporter(console: Console) -> PlainReporter:
    """Return the reporter that fits where notes go."""
    kind = LiveReporter if console.notes.isatty() else PlainReporter
    return kind(console)

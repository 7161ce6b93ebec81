"""
Runs a matrix as a program: tries its points, some at a time, and prints the sums of their outcomes.

A matrix says what its points are, how it tries one, and which columns its outcomes have. The options, the pool, an
interruption, the last line and the exit code are the same for every matrix.
"""

from __future__ import annotations

import argparse
import os
import shutil
import tempfile
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field, fields
from fractions import Fraction
from itertools import count
from pathlib import Path
from typing import Any, ClassVar, Generic, TypeVar

from tests.crash.kill_points import mix
from tests.crash.runs import cpu_seconds
from tests.e2e.conftest import FORKS

_INTERRUPTED = 130
_MOST_LINES = 8
_PROGRESS = 20
"""The number of points after which the sums so far are printed."""


@dataclass(frozen=True, slots=True)
class Column:
    """One thing that can be wrong with a point, and its name in the sums."""

    title: str
    tolerated: Fraction | int = 0
    """The share of all points that may have it."""
    is_optional: bool = False
    """Whether the sums leave it out where it is 0."""


def column(title: str, *, tolerated: Fraction | int = 0, is_optional: bool = False) -> dict[str, Column]:
    """Return the metadata that make a field a column; the field holds the texts that say what is wrong."""
    return {"column": Column(title, tolerated, is_optional)}


@dataclass
class Outcome:
    """What a point led to; each matrix adds its columns."""

    point: Any
    folder: Path
    """The folder in which the point was tried."""
    is_reached: bool = True
    """Whether the run came to the point."""
    steps: list[str] = field(default_factory=list)
    """What the matrix did, and how that ended."""

    must_be_reached: ClassVar[bool] = True
    """Whether a point that is not reached is wrong; else the sums leave it out."""

    @classmethod
    def columns(cls) -> dict[str, Column]:
        """Return the columns by the names of their fields, in the order of the sums."""
        return {each.name: each.metadata["column"] for each in fields(cls) if "column" in each.metadata}

    @property
    def is_good(self) -> bool:
        """Whether the point was reached, if it must be, and the columns that tolerate nothing are empty."""
        columns = self.columns().items()
        wrong = any(getattr(self, name) for name, column in columns if not column.tolerated)
        return not wrong and (self.is_reached or not self.must_be_reached)

    def tidy(self) -> None:
        """Remove the folder if all is good."""
        if self.is_good:
            # Connections to its databases may still be closing, and then remove files themselves.
            shutil.rmtree(self.folder, ignore_errors=True)

    def __str__(self) -> str:
        """Return the point, what is wrong with it, and the steps that led there."""
        lines = [str(self.point) + ("" if self.is_reached else ": never reached")]
        for name, column in self.columns().items():
            texts = list(dict.fromkeys(getattr(self, name)))
            lines += [f"    {column.title}: {text}" for text in texts[:_MOST_LINES]]
            if len(texts) > _MOST_LINES:
                lines.append(f"    ... and {len(texts) - _MOST_LINES} more")
        for step in self.steps:
            first, *rest = step.splitlines() or [""]
            lines += [f"    | {line}" for line in (first, *rest[-_MOST_LINES:])]
        if self.folder.exists():
            lines.append(f"    kept: {self.folder}")
        return "\n".join(lines)


_Point = TypeVar("_Point")


@dataclass(frozen=True)
class Trial(Generic[_Point]):
    """The points of a prepared matrix, and the function that tries one."""

    points: Sequence[_Point]
    run: Callable[[_Point], Outcome]


@dataclass(frozen=True)
class Matrix:
    """A matrix as a program."""

    name: str
    document: str | None
    noun: str
    """The word for its points, in the plural."""
    outcome: type[Outcome]
    prepare: Callable[[Path, Namespace], Trial[Any]]
    """Prepares in a folder what all points begin with."""
    add_options: Callable[[ArgumentParser], None] = lambda parser: None
    """Adds the options that only this matrix has."""
    jobs: int = os.cpu_count() or 1

    def main(self, words: Sequence[str] | None = None) -> int:
        """Try what the command line asks for; return 1 unless all is good."""
        parser = self._parser()
        arguments = parser.parse_args(words)
        folder = (arguments.folder or Path(tempfile.mkdtemp(prefix=f"{self.name}-"))).absolute()
        folder.mkdir(parents=True, exist_ok=True)
        trial = self.prepare(folder, arguments)
        chosen = [point for point in trial.points if arguments.match in str(point)]
        if not chosen:
            if arguments.folder is None:
                shutil.rmtree(folder)
            parser.error(f"none of the {len(trial.points)} {self.noun} says {arguments.match!r}")
        # Mixed, so that a matrix that is interrupted has tried something of everything.
        chosen = mix(chosen)[: arguments.spread]
        print(f"{len(chosen)} of {len(trial.points)} {self.noun}", flush=True)
        outcomes: list[Outcome] = []
        try:
            self._try_all(chosen, trial.run, outcomes, arguments)
        except KeyboardInterrupt:
            print(f"{self.summarise(outcomes)} (of {len(chosen)}); interrupted, {folder} is kept")
            return _INTERRUPTED
        finally:
            FORKS.close()
        seconds = cpu_seconds()
        print(f"{seconds:.0f} s of CPU, {seconds / len(outcomes):.1f} s each")
        print(self.summarise(outcomes))
        if not self.is_good(outcomes):
            return 1
        if arguments.folder is None:
            shutil.rmtree(folder)
        return 0

    def summarise(self, outcomes: Sequence[Outcome]) -> str:
        """Return the sums in one line."""
        counted = [outcome for outcome in outcomes if outcome.is_reached or outcome.must_be_reached]
        sums = [f"{self.noun} {len(counted)}"]
        for name, column in self.outcome.columns().items():
            number = _number_with(name, counted)
            if number or not column.is_optional:
                sums.append(f"{column.title} {number}")
        unreached = sum(not outcome.is_reached for outcome in counted)
        return ", ".join([*sums, f"never reached {unreached}"] if unreached else sums)

    def is_good(self, outcomes: Sequence[Outcome]) -> bool:
        """Return whether every outcome is good, and no column has more points than it tolerates."""
        return all(outcome.is_good for outcome in outcomes) and all(
            _number_with(name, outcomes) <= column.tolerated * len(outcomes)
            for name, column in self.outcome.columns().items()
        )

    def _parser(self) -> ArgumentParser:
        parser = ArgumentParser(description=self.document)
        parser.add_argument("--spread", type=_positive, metavar="N", help=f"only N {self.noun}, evenly spread over all")
        parser.add_argument(
            "--match", default="", metavar="TEXT", help=f"only {self.noun} that say TEXT when they are printed"
        )
        parser.add_argument(
            "--jobs",
            type=_positive,
            default=self.jobs,
            metavar="N",
            help=f"{self.noun} at a time ({self.jobs})",
        )
        parser.add_argument("--folder", type=Path, help="the folder to work in (a new temporary one)")
        parser.add_argument("--verbose", action="store_true", help="print also the points that are good")
        self.add_options(parser)
        return parser

    def _try_all(
        self,
        chosen: Sequence[_Point],
        run: Callable[[_Point], Outcome],
        outcomes: list[Outcome],
        arguments: Namespace,
    ) -> None:
        """Try the points, some at a time, and print those that go wrong."""
        executor = ThreadPoolExecutor(arguments.jobs)
        try:
            for done in as_completed([executor.submit(run, point) for point in chosen]):
                outcome = done.result()
                outcomes.append(outcome)
                if arguments.verbose or not outcome.is_good:
                    print(outcome, flush=True)
                if len(outcomes) % _PROGRESS == 0:
                    print(f"{self.summarise(outcomes)} (of {len(chosen)})", flush=True)
        finally:
            # After Ctrl-C the points under way end, and no other point begins.
            executor.shutdown(cancel_futures=True)


class Folders:
    """Makes folders with ascending numbers below another one."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._numbers = count()

    def new(self, name: str = "") -> Path:
        """Make the next folder."""
        folder = self._folder / f"{next(self._numbers):04d}{name and '-'}{name}"
        folder.mkdir(parents=True)
        return folder


def _number_with(name: str, outcomes: Sequence[Outcome]) -> int:
    return sum(bool(getattr(outcome, name)) for outcome in outcomes)


def _positive(text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1")
    return int(text)

"""What all matrices have in common: the points they try, the last line, the folders they keep, the exit code."""

from __future__ import annotations

import tempfile
import threading
import time
from dataclasses import dataclass, field
from fractions import Fraction

import pytest

from tests.crash.matrix_runner import Folders, Matrix, Outcome, Trial, column

POINTS = [f"{side} call {number}" for number in range(10) for side in ("before", "after")]


@dataclass
class TriedOutcome(Outcome):
    leaked: list[str] = field(default_factory=list, metadata=column("leaked"))
    refused: list[str] = field(default_factory=list, metadata=column("refused", tolerated=Fraction(1, 3)))
    rewritten: list[str] = field(default_factory=list, metadata=column("versions rewritten", is_optional=True))


@dataclass
class CountedIfReached(TriedOutcome):
    must_be_reached = False


class Tried:
    """A matrix whose outcomes a test chooses; `points` are those that it has tried."""

    def __init__(self, outcome=TriedOutcome, **wrong):
        self.points = []
        self._outcome = outcome
        self._wrong = wrong

    def run(self, *words):
        return Matrix("tried", None, "points", self._outcome, self._prepare).main(["--jobs", "1", *words])

    def _prepare(self, folder, arguments):
        folders = Folders(folder)

        def run(point):
            if any(point in self.points for point in self._wrong.get("interrupted", ())):
                time.sleep(0.3)
            self.points.append(point)
            outcome = self._outcome(point, folders.new())
            for name, points in self._wrong.items():
                if point in points:
                    if name == "interrupted":
                        raise KeyboardInterrupt
                    if name == "unreached":
                        outcome.is_reached = False
                    else:
                        getattr(outcome, name).append(f"vpc of {point}")
            outcome.tidy()
            return outcome

        return Trial(POINTS, run)


@pytest.fixture(autouse=True)
def temporary(tmp_path, monkeypatch):
    """The folder in which a matrix makes its temporary one."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_everything_good_ends_with_0_and_the_sums_and_leaves_no_folder(temporary, capsys):
    assert Tried().run() == 0
    assert capsys.readouterr().out.splitlines()[-1] == "points 20, leaked 0, refused 0"
    assert list(temporary.iterdir()) == []


def test_a_point_that_is_wrong_is_printed_and_its_folder_alone_is_kept(temporary, capsys):
    assert Tried(leaked=["after call 3"]).run() == 1
    *lines, last = capsys.readouterr().out.splitlines()
    (kept,) = temporary.glob("tried-*/*")
    start = lines.index("after call 3")
    assert lines[start : start + 3] == ["after call 3", "    leaked: vpc of after call 3", f"    kept: {kept}"]
    assert last == "points 20, leaked 1, refused 0"


def test_a_point_that_was_not_reached_is_wrong(capsys):
    assert Tried(unreached=["after call 3"]).run() == 1
    assert capsys.readouterr().out.splitlines()[-1] == "points 20, leaked 0, refused 0, never reached 1"


def test_a_point_that_need_not_be_reached_is_not_counted(capsys):
    assert Tried(CountedIfReached, unreached=["after call 3"]).run() == 0
    assert capsys.readouterr().out.splitlines()[-1] == "points 19, leaked 0, refused 0"


@pytest.mark.parametrize(("number", "code"), [(6, 0), (7, 1)])
def test_a_column_tolerates_its_share_of_the_points(capsys, number, code):
    assert Tried(refused=POINTS[:number]).run() == code
    assert capsys.readouterr().out.splitlines()[-1] == f"points 20, leaked 0, refused {number}"


def test_an_optional_column_is_named_where_it_is_not_0(capsys):
    assert Tried(rewritten=POINTS[:2]).run() == 1
    assert capsys.readouterr().out.splitlines()[-1] == "points 20, leaked 0, refused 0, versions rewritten 2"


def test_a_spread_takes_points_from_everywhere():
    tried = Tried()
    tried.run("--spread", "4")
    assert tried.points == ["before call 0", "after call 6", "after call 2", "before call 9"]


def test_a_match_takes_the_points_that_say_so():
    tried = Tried()
    tried.run("--match", "call 3")
    assert sorted(tried.points) == ["after call 3", "before call 3"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--match", "call 30"], "none of the 20 points says 'call 30'"),
        (["--spread", "0"], "argument --spread: '0' is not a number from 1"),
        (["--jobs", "two"], "argument --jobs: 'two' is not a number from 1"),
    ],
    ids=lambda value: "".join(value)[:10],
)
def test_a_matrix_of_no_points_is_an_error(temporary, capsys, words, said):
    """Else it would end with sums in which everything is 0."""
    with pytest.raises(SystemExit) as ended:
        Tried().run(*words)
    assert (ended.value.code, said in capsys.readouterr().err) == (2, True)
    assert list(temporary.iterdir()) == []


def test_verbose_prints_also_a_point_that_is_good(capsys):
    Tried().run("--verbose", "--match", "after call 3")
    assert "after call 3" in capsys.readouterr().out.splitlines()


def test_a_folder_that_the_command_line_names_stays(temporary):
    folder = temporary / "of" / "mine"
    assert Tried().run("--folder", str(folder)) == 0
    assert folder.is_dir()


def test_an_interruption_begins_no_other_point_and_keeps_everything(temporary, capsys):
    tried = Tried(interrupted=["after call 6"])
    assert tried.run() == 130
    # The one thread may have begun the next point before the interruption got to the main one.
    assert len(tried.points) < 10
    (kept,) = temporary.glob("tried-*")
    assert capsys.readouterr().out.splitlines()[-1].endswith(f"(of 20); interrupted, {kept} is kept")


def test_points_are_tried_side_by_side():
    """Each of two points waits for the other one."""
    both = threading.Barrier(2, timeout=10)

    def prepare(folder, arguments):
        def run(point):
            both.wait()
            return TriedOutcome(point, folder / point)

        return Trial(["one", "other"], run)

    matrix = Matrix("tried", None, "points", TriedOutcome, prepare)
    assert matrix.main(["--jobs", "2"]) == 0

"""One verb for several shoots."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from provisioner.errors import CloudError, InterruptedRunError, ProvisionError
from provisioner.workflows.fleet import Done, Failed, run_each
from tests.unit.run.reporter import Said

REFUSED, STOPPED = CloudError("refused"), InterruptedRunError(15, "stopped")


class Fleet:
    """Shoots for each of which a verb gives an answer, or raises it."""

    def __init__(self, **answers: str | ProvisionError) -> None:
        self.said = Said()
        self.begun: list[str] = []
        self._answers = answers

    def run(self) -> Iterator[Any]:
        context: Any = SimpleNamespace(reporter=self.said)
        targets: Any = [SimpleNamespace(identity=SimpleNamespace(technical_id=name)) for name in self._answers]
        return run_each(context, targets, self._work)

    def _work(self, _: object, target: Any) -> str:
        self.begun.append(target.identity.technical_id)
        answer = self._answers[target.identity.technical_id]
        if isinstance(answer, ProvisionError):
            raise answer
        return answer


def test_failure_of_one_shoot_does_not_stop_the_others() -> None:
    outcomes = list(Fleet(a="1", b=REFUSED, c="3").run())
    assert outcomes == [Done("a", "1"), Failed("b", REFUSED), Done("c", "3")]


def test_signal_stops_all() -> None:
    fleet = Fleet(a="1", b=STOPPED, c="3")
    with pytest.raises(InterruptedRunError):
        list(fleet.run())
    assert fleet.begun == ["a", "b"]


def test_outcome_is_there_before_the_next_shoot_begins() -> None:
    fleet = Fleet(a="1", b="2")
    assert (next(fleet.run()), fleet.begun) == (Done("a", "1"), ["a"])


@pytest.mark.parametrize(("fleet", "steps"), [(Fleet(a="1"), []), (Fleet(a="1", b="2"), ["a", "b"])])
def test_each_of_several_shoots_is_a_step(fleet: Fleet, steps: list[str]) -> None:
    list(fleet.run())
    assert fleet.said.steps == steps

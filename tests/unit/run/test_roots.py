"""Which leases a run of two roots holds, waits for and gives back."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest

from provisioner.errors import InterruptedRunError, StateError, StateLockedError
from provisioner.ids import INFRASTRUCTURE, WORKER
from provisioner.run import roots
from provisioner.run.roots import PreparedRoots

FREE, LOCKED = None, StateLockedError("another run holds it")


class Leases:
    """Stand-ins for a run's two leases: what each taking of one leads to, and what became of it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.told: list[str] = []
        self.outcomes: dict[str, list[Exception | None]] = {INFRASTRUCTURE: [], WORKER: []}
        self.at_release: dict[str, Exception] = {}
        self.is_patient = False
        monkeypatch.setattr(roots, "hold_root", self.take)

    def take(self, session, prepared, operation, *, before_first_event, waits, least) -> SimpleNamespace:
        name = prepared.name
        outcome = self.outcomes[name].pop(0) if self.outcomes[name] else FREE
        if waits:
            self.told.append(f"wait {name}")
        if outcome is not None:
            raise outcome
        self.told.append(f"take {name}")
        return SimpleNamespace(name=name, release=self.ending("release", name), close=self.ending("close", name))

    def ending(self, how: str, name: str) -> Callable[[], None]:
        def end() -> None:
            self.told.append(f"{how} {name}")
            if name in self.at_release:
                raise self.at_release[name]

        return end

    def of(self, name: str) -> list[str]:
        """Return what became of one lease."""
        return [what.partition(" ")[0] for what in self.told if what.endswith(name)]

    def run(self, block: Callable[[], None] = lambda: None, *, in_turn: bool = False) -> None:
        session = SimpleNamespace(lease_wait=SimpleNamespace(is_patient=self.is_patient))
        prepared = [SimpleNamespace(name=INFRASTRUCTURE), SimpleNamespace(name=WORKER)]
        with (
            ThreadPoolExecutor() as executor,
            PreparedRoots(session, prepared, executor).held(
                "apply", before_first_event=lambda: None, in_turn=in_turn
            ) as held,
        ):
            assert [root.name for root in held] == [INFRASTRUCTURE, WORKER]
            block()


@pytest.fixture
def leases(monkeypatch: pytest.MonkeyPatch) -> Leases:
    return Leases(monkeypatch)


def test_run_that_succeeds_closes_both_roots(leases):
    leases.run()
    assert (leases.of(INFRASTRUCTURE), leases.of(WORKER)) == (["take", "close"], ["take", "close"])


def test_run_without_the_infrastructures_lease_gives_the_workers_back(leases):
    leases.outcomes[INFRASTRUCTURE] = [LOCKED]
    with pytest.raises(StateLockedError):
        leases.run()
    assert (leases.of(INFRASTRUCTURE), leases.of(WORKER)) == ([], ["take", "release"])


def test_run_that_waits_for_the_infrastructures_lease_holds_none_meanwhile(leases):
    leases.is_patient, leases.outcomes[INFRASTRUCTURE] = True, [LOCKED]
    leases.run()
    told = leases.told
    assert told.index(f"release {WORKER}") < told.index(f"wait {INFRASTRUCTURE}") < told.index(f"wait {WORKER}")
    assert leases.of(WORKER) == ["take", "release", "wait", "take", "close"]


def test_run_with_the_infrastructures_lease_waits_for_the_workers_in_any_case(leases):
    leases.outcomes[WORKER] = [LOCKED, FREE]
    leases.run()
    assert (leases.of(INFRASTRUCTURE), leases.of(WORKER)) == (["take", "close"], ["wait", "take", "close"])


@pytest.mark.parametrize("error", [LOCKED, InterruptedRunError(2, "stopped by SIGINT")])
def test_wait_that_fails_gives_back_what_is_held(leases, error):
    leases.outcomes[WORKER] = [LOCKED, error]
    with pytest.raises(type(error)):
        leases.run()
    assert (leases.of(INFRASTRUCTURE), leases.of(WORKER)) == (["take", "release"], ["wait"])


def test_wait_for_both_that_a_signal_ends_gives_back_what_was_taken_meanwhile(leases):
    leases.is_patient = True
    leases.outcomes = {INFRASTRUCTURE: [LOCKED, FREE], WORKER: [LOCKED, InterruptedRunError(2, "stopped by SIGINT")]}
    with pytest.raises(InterruptedRunError):
        leases.run()
    assert (leases.of(INFRASTRUCTURE), leases.of(WORKER)) == (["wait", "take", "release"], ["wait"])


def test_lease_that_cannot_be_given_back_does_not_hide_why_the_run_failed(leases):
    leases.at_release[INFRASTRUCTURE] = StateError("the store is silent")

    def fail() -> None:
        raise StateError("the state cannot be stored")

    with pytest.raises(StateError, match="cannot be stored"):
        leases.run(fail)
    assert (leases.of(INFRASTRUCTURE), leases.of(WORKER)) == (["take", "release"], ["take", "release"])


def test_lease_that_cannot_be_given_back_after_a_success_is_the_runs_error_and_the_other_is_given_back(leases):
    leases.at_release[INFRASTRUCTURE] = StateError("the store is silent")
    with pytest.raises(StateError, match="is silent"):
        leases.run()
    assert leases.of(WORKER) == ["take", "close"]


def test_destroy_that_cannot_get_the_infrastructures_lease_leaves_nothing_in_the_workers_log(leases):
    leases.outcomes[INFRASTRUCTURE] = [LOCKED]
    with pytest.raises(StateLockedError):
        leases.run(in_turn=True)
    assert (leases.of(INFRASTRUCTURE), leases.of(WORKER)) == (["wait"], [])


def test_destroy_that_cannot_get_the_workers_lease_gives_the_infrastructures_back(leases):
    leases.outcomes[WORKER] = [LOCKED]
    with pytest.raises(StateLockedError):
        leases.run(in_turn=True)
    assert (leases.of(INFRASTRUCTURE), leases.of(WORKER)) == (["wait", "take", "release"], ["wait"])

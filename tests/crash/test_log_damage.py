"""
A damaged log costs nothing that lives, and the advice of every error leads out of the damage.

The cases are a spread; `make log-damage` tries all of them.
"""

from __future__ import annotations

import pytest

from tests.crash.advice import advised
from tests.crash.log_damage import Case, DamagedLogs
from tests.e2e.conftest import Done
from tests.spreads import LONG, chosen

CASES = [
    ("apply", "infrastructure state newest removed"),
    ("destroy", "infrastructure state newest cut in half"),
    ("apply", "infrastructure state newest-1 doubled as the next"),
    ("plan", "worker state newest-1 copied by hand in place of the newest"),
    ("apply", "worker lock newest cut in half"),
    ("apply", "infrastructure restored to before infrastructure run newest-1"),
]
ALWAYS = {CASES[1], CASES[3]}
IN_WORM = [
    ("apply", "infrastructure lock newest doubled far away"),
    ("destroy", "worker state newest emptied"),
]
ROLLBACK = "state rollback --root worker --to 2"


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> DamagedLogs:
    return DamagedLogs(tmp_path_factory.mktemp("damage"))


@pytest.fixture(scope="module")
def worm_logs(tmp_path_factory: pytest.TempPathFactory) -> DamagedLogs:
    return DamagedLogs(tmp_path_factory.mktemp("worm"), is_worm=True)


def named(case: tuple[str, str]) -> str:
    return "-after-".join(case).replace(" ", "-")


def check(logs: DamagedLogs, command: str, damage: str) -> None:
    outcome = logs.run(Case(logs.find(damage), command))
    assert outcome.is_good, str(outcome)


@pytest.mark.parametrize("case", chosen(CASES, ALWAYS.__contains__), ids=[named(case) for case in CASES])
def test_nothing_is_lost_or_made_twice_and_its_advice_leads_out(logs, case):
    check(logs, *case)


@LONG
@pytest.mark.parametrize("case", IN_WORM, ids=named)
def test_nothing_has_to_be_deleted_in_a_bucket_that_allows_no_deletion(worm_logs, case):
    check(worm_logs, *case)


@pytest.mark.parametrize(
    ("text", "commands"),
    [
        ("version 2 is good: provision state rollback FILE... --root worker --to 2", [ROLLBACK]),
        ("`provision adopt --yes` records them in the state, then destroy again", ["adopt --yes"]),
        ("choose another one from provision state history", ["state history"]),
        ("wait until that run is done (--lock-timeout 5m does); it ends by itself", ["apply --lock-timeout 5m"]),
        ("--allow-replace to allow it", ["apply --allow-replace"]),
        ("`apply --yes`, or `provision destroy FILE...`", ["apply --yes", "destroy"]),
        ("check bucket, uid and technical ID", []),
    ],
)  # fmt: skip
def test_advice_is_taken_literally(text, commands):
    done = Done(1, "", f"step\nerror: oss://bucket: bad; {text}\nerror codes: ERR_X\n")
    assert [" ".join(command) for command in advised(done, ("apply",))] == commands

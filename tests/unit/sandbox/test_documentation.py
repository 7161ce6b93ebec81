"""What docs/sandbox.md says the sandbox can do is what it can do."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from provisioner.sandbox.actions.table import TABLE
from provisioner.sandbox.cloud.call import Action
from provisioner.sandbox.cloud.catalogue import SOLD_IN_FIRST_TWO_ZONES, SOLD_IN_FIRST_ZONE
from provisioner.sandbox.cloud.latency import VARIABLE
from provisioner.sandbox.cloud.state_delay import SETTLE_VARIABLE
from tests.unit.sandbox.conftest import Account

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "sandbox.md").read_text()


def test_every_action_is_listed_and_no_other() -> None:
    rows = re.findall(r"^\| \w+ \| ([\d-]+) \| (.*) \|$", PAGE, re.MULTILINE)
    listed = {(version, action) for version, actions in rows for action in re.findall(r"`(\w+)`", actions)}
    assert listed == set(TABLE)


def test_settings_and_scarce_families_are_named() -> None:
    wanted = {VARIABLE, SETTLE_VARIABLE, *SOLD_IN_FIRST_ZONE, *SOLD_IN_FIRST_TWO_ZONES}
    assert {name for name in wanted if f"`{name}`" not in PAGE} == set()


def test_the_example_of_an_action_works(monkeypatch: pytest.MonkeyPatch, account: Account) -> None:
    example = re.search(r"```python\n(.*?)```", PAGE[PAGE.index("## Adding an action") :], re.DOTALL)
    assert example is not None
    module: dict[str, Any] = {}
    exec(compile(example[1], "docs/sandbox.md", "exec", dont_inherit=True), module)
    for name, run in module["READS"].items():
        monkeypatch.setitem(TABLE, ("2016-04-28", name), Action(run, mutates=False))
    vpc = account.a_vpc()
    (router,) = account.vpc("DescribeVRouters")["VRouters"]["VRouter"]
    assert router["VpcId"] == vpc

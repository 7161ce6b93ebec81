"""What docs/sandbox.md says the sandbox can do is what it can do."""

from __future__ import annotations

import re
from pathlib import Path

from provisioner.sandbox.actions.table import TABLE
from provisioner.sandbox.cloud.catalogue import SOLD_IN_FIRST_TWO_ZONES, SOLD_IN_FIRST_ZONE
from provisioner.sandbox.cloud.latency import VARIABLE
from provisioner.sandbox.cloud.simulation import SETTLE_VARIABLE

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "sandbox.md").read_text()


def test_every_action_is_listed_and_no_other() -> None:
    rows = re.findall(r"^\| \w+ \| ([\d-]+) \| (.*) \|$", PAGE, re.MULTILINE)
    listed = {(version, action) for version, actions in rows for action in re.findall(r"`(\w+)`", actions)}
    assert listed == set(TABLE)


def test_settings_and_scarce_families_are_named() -> None:
    wanted = {VARIABLE, SETTLE_VARIABLE, *SOLD_IN_FIRST_ZONE, *SOLD_IN_FIRST_TWO_ZONES}
    assert {name for name in wanted if f"`{name}`" not in PAGE} == set()

"""Validation, module and provider accept the same disk categories."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from provisioner.validation import scaling_disks

REPO = Path(__file__).resolve().parents[2]
VARIABLES = (REPO / "terraform/modules/worker-pool/variables.tf").read_text()
CONFIGURATION = json.loads((REPO / "provisioner/sandbox/provider/schema.json").read_text())["resources"][
    "alicloud_ess_scaling_configuration"
]["block"]
NEVER_OF_A_VOLUME = {"all", "local_disk"}
"""In the provider's list of data disks, and no category of a volume."""


def of_module(variable: str) -> set[str]:
    """Return the categories that a variable of the worker-pool module accepts."""
    block = VARIABLES.partition(f'variable "{variable}"')[2].partition('\nvariable "')[0]
    (listed,) = re.findall(r"contains\(\s*\[([^]]*)\]", block)
    return set(re.findall(r'"(\w+)"', listed))


@pytest.mark.parametrize(
    ("variable", "categories", "allowed"),
    [
        (
            "system_disk",
            scaling_disks._SYSTEM_CATEGORIES,
            CONFIGURATION["attributes"]["system_disk_category"]["allowed"],
        ),
        (
            "data_disks",
            scaling_disks._DATA_CATEGORIES,
            CONFIGURATION["blocks"]["data_disk"]["block"]["attributes"]["category"]["allowed"],
        ),
    ],
)
def test_categories_are_the_same_everywhere(variable: str, categories: tuple[str, ...], allowed: list[str]) -> None:
    assert set(categories) == of_module(variable) == set(allowed) - NEVER_OF_A_VOLUME


def test_every_category_of_a_volume_has_its_sizes() -> None:
    assert scaling_disks._DATA_GIB_OF.keys() == set(scaling_disks._DATA_CATEGORIES)

"""Ways in which the newest state of the infrastructure is made bad, each leaving a good version before it."""

from __future__ import annotations

import json
from typing import Any

from tests.e2e.conftest import ENTRY, Provision
from tests.e2e.state.log import put

FOREIGN = "shoot--demo--other--11111111-2222-3333-4444-555555555555"


def cut(provision: Provision) -> int:
    return put(provision, "infrastructure", b'{"version": 4, "serial": 99, "lineage"')


def other_lineage(provision: Provision) -> int:
    return put(provision, "infrastructure", lambda state: state.update(lineage="of-something-else", serial=99))


def older_serial(provision: Provision) -> int:
    return put(provision, "infrastructure", lambda state: state.update(serial=state["serial"] - 1))


def newer_format(provision: Provision) -> int:
    return put(provision, "infrastructure", lambda state: state.update(version=5, serial=99))


def newer_terraform(provision: Provision) -> int:
    return put(provision, "infrastructure", lambda state: state.update(terraform_version="1.99.0", serial=99))


def of_another_owner(provision: Provision) -> int:
    def change(state: dict[str, Any]) -> None:
        text = (
            json.dumps(state["resources"]).replace(ENTRY, FOREIGN).replace("shoot--demo--canary", "shoot--demo--other")
        )
        state.update(resources=json.loads(text), serial=99)

    return put(provision, "infrastructure", change)


def with_names_of_another(provision: Provision) -> int:
    def change(state: dict[str, Any]) -> None:
        for resource in state["resources"]:
            for instance in resource["instances"]:
                instance["attributes"].pop("tags", None)
        text = json.dumps(state["resources"]).replace("shoot--demo--canary", "shoot--demo--other")
        state.update(resources=json.loads(text), serial=99)

    return put(provision, "infrastructure", change)


BAD = {
    cut: "is not complete JSON",
    other_lineage: "it has lineage of-something-else",
    older_serial: "is older than",
    newer_format: "has format 5, which a newer terraform wrote",
    newer_terraform: "terraform 1.99.0 wrote the newest version",
    of_another_owner: f"its resources belong to {FOREIGN}",
    with_names_of_another: "it holds shoot--demo--other-",
}

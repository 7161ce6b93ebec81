"""
A Terraform state that can be changed.

Terraform has no command that records an object without a configuration for it, so this module writes the objects that
adoption finds: an instance with the id and little else, which terraform's next refresh completes.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any, Final, Self

from provisioner.tfstate.address import Address
from provisioner.tfstate.parse import STATE_FORMAT
from provisioner.tfstate.state import Instance, State

_OLDEST_ENGINE: Final = "1.7.0"
"""Written into a state that no terraform has written yet; every engine that is accepted reads it."""
_DEFAULT_PROVIDER: Final = 'provider["registry.terraform.io/aliyun/alicloud"]'


class StateDocument:
    """A state that can be changed: a copy of what it is made from, whose serial grows with the first change."""

    def __init__(self, state: State | None = None) -> None:
        self._content: dict[str, Any] = deepcopy(dict(state.content)) if state else {}
        self._is_changed = False

    @classmethod
    def empty(cls) -> Self:
        """Return a new state: it lists nothing yet, but has its own lineage."""
        document = cls()
        document._change()
        return document

    @property
    def is_changed(self) -> bool:
        """Whether anything was changed since it was made."""
        return self._is_changed

    @property
    def state(self) -> State:
        """The state as it is now; empty if there was none and nothing was added."""
        return State(self._content)

    def add(
        self,
        address: Address,
        attributes: Mapping[str, Any],
        dependencies: Sequence[str],
        *,
        sensitive: Sequence[str] = (),
        deposed: str = "",
    ) -> None:
        """
        Record an object with its known `attributes`, including its id; the `sensitive` ones may be missing.

        With `deposed`, eight hex digits, the address's current object has replaced it, and terraform deletes it.
        Otherwise it replaces the current object at the address.
        """
        resource = self._resource(address)
        if not deposed:
            resource["instances"] = [
                content
                for content in resource["instances"]
                if "deposed" in content or content.get("index_key") != address.key
            ]
        content: dict[str, Any] = {} if address.key is None else {"index_key": address.key}
        if deposed:
            content["deposed"] = deposed
        content |= {
            "schema_version": 0,
            "attributes": dict(attributes),
            "sensitive_attributes": [[{"type": "get_attr", "value": name}] for name in sensitive],
            "dependencies": list(dependencies),
        }
        resource["instances"].append(content)
        self._change()

    def complete(self, instance: Instance, attributes: Mapping[str, Any]) -> None:
        """Make terraform complete an object instead of replacing it; `attributes` are better known values."""
        for content in self._resource(instance.address)["instances"]:
            if content == instance.content:
                content.pop("status", None)
                content["attributes"] = {**content["attributes"], **attributes}
        self._change()

    def _resource(self, address: Address) -> dict[str, Any]:
        resources: list[dict[str, Any]] = self._content.setdefault("resources", [])
        for resource in resources:
            if (resource.get("module", ""), resource["type"], resource["name"], resource["mode"]) == (
                address.module,
                address.type,
                address.name,
                "managed",
            ):
                return resource
        providers = [resource["provider"] for resource in resources]
        made: dict[str, Any] = {"module": address.module} if address.module else {}
        made |= {
            "mode": "managed",
            "type": address.type,
            "name": address.name,
            "provider": providers[0] if providers else _DEFAULT_PROVIDER,
            "instances": [],
        }
        resources.append(made)
        return made

    def _change(self) -> None:
        state = self._content
        if not self._is_changed:
            state["serial"] = int(state.get("serial", 0)) + 1
            state.setdefault("version", STATE_FORMAT)
            state.setdefault("terraform_version", _OLDEST_ENGINE)
            state.setdefault("lineage", str(uuid.uuid4()))
            state.setdefault("outputs", {})
            state.setdefault("resources", [])
        self._is_changed = True

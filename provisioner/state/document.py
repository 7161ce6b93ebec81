"""
A Terraform state file read and changed as a document (format version 4).

Terraform gives no command that records an object without a configuration for it, so what adoption finds is written
here: an instance with the id and little else, which terraform's next refresh completes.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, Final

_FORMAT: Final = 4
_OLDEST_ENGINE: Final = "1.7.0"
"""Written into a state that no terraform has written yet; every engine that is accepted reads it."""
_DEFAULT_PROVIDER: Final = 'provider["registry.terraform.io/aliyun/alicloud"]'


@dataclass(frozen=True, slots=True, order=True)
class Address:
    """The address of one resource instance."""

    module: str
    """`module.infrastructure`, `module.worker_pool["general"]`, or empty for the root module."""
    type: str
    name: str
    key: str | int | None = None
    """The key of `for_each` or `count`; None without either."""

    def __str__(self) -> str:
        """Return it as terraform writes it."""
        module = f"{self.module}." if self.module else ""
        key = "" if self.key is None else f"[{json.dumps(self.key)}]"
        return f"{module}{self.type}.{self.name}{key}"

    @property
    def resource(self) -> str:
        """The address of the whole resource in the configuration, without any key: what a dependency names."""
        module = f"{self.module.partition('[')[0]}." if self.module else ""
        return f"{module}{self.type}.{self.name}"


@dataclass(frozen=True, slots=True)
class Instance:
    """One managed object in a state."""

    address: Address
    content: Mapping[str, Any]
    """As it stands in the state."""

    @property
    def id(self) -> str:
        """The object's id in the cloud; empty when it has none."""
        return str((self.content.get("attributes") or {}).get("id") or "")

    @property
    def is_tainted(self) -> bool:
        """Whether terraform would replace it, because its creation did not come to its end."""
        return self.content.get("status") == "tainted"

    @property
    def is_deposed(self) -> bool:
        """Whether it only waits for its deletion: another object has its address."""
        return "deposed" in self.content


class StateDocument:
    """A state that can be changed: a copy of what it is made from, whose serial grows with the first change."""

    def __init__(self, state: Mapping[str, Any] | None = None) -> None:
        self._state: dict[str, Any] = deepcopy(dict(state)) if state else {}
        self._is_changed = False

    @property
    def is_changed(self) -> bool:
        """Whether anything was changed since it was made."""
        return self._is_changed

    @property
    def content(self) -> dict[str, Any]:
        """The state as terraform reads it; empty if there was none and nothing was added."""
        return self._state

    def instances(self) -> Iterator[Instance]:
        """Yield every object that terraform manages."""
        return state_instances(self._state)

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
        Record an object of which `attributes` are known, its id among them; the `sensitive` ones need not be.

        With `deposed`, eight hex digits, it is one that the address's current object has replaced, and terraform
        deletes it. Otherwise it takes the place of whatever the address had.
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
        """Let terraform complete an object instead of replacing it; `attributes` are what is known better now."""
        for content in self._resource(instance.address)["instances"]:
            if content == instance.content:
                content.pop("status", None)
                content["attributes"] = {**content["attributes"], **attributes}
        self._change()

    def _resource(self, address: Address) -> dict[str, Any]:
        resources: list[dict[str, Any]] = self._state.setdefault("resources", [])
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
        state = self._state
        if not self._is_changed:
            state["serial"] = int(state.get("serial", 0)) + 1
            state.setdefault("version", _FORMAT)
            state.setdefault("terraform_version", _OLDEST_ENGINE)
            state.setdefault("lineage", str(uuid.uuid4()))
            state.setdefault("outputs", {})
        self._is_changed = True


def state_instances(state: Mapping[str, Any]) -> Iterator[Instance]:
    """Yield every object that terraform manages in a state that is only read."""
    for resource in state.get("resources", ()):
        if resource["mode"] != "managed":
            continue
        for content in resource["instances"]:
            address = Address(resource.get("module", ""), resource["type"], resource["name"], content.get("index_key"))
            yield Instance(address, content)


def state_outputs(state: Mapping[str, Any]) -> dict[str, Any]:
    """Return the output values of a state as terraform wrote it."""
    return {name: output.get("value") for name, output in (state.get("outputs") or {}).items()}

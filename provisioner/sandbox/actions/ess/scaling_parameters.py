"""Auto Scaling's common checks of the parameters of groups, configurations and rules."""

from __future__ import annotations

from typing import Any

from provisioner.sandbox.cloud import ActionError
from provisioner.sandbox.cloud.call import Call
from provisioner.sandbox.cloud.parameters import Parameters

_NAME_LENGTHS = range(2, 64 + 1)
_PUNCTUATION = "._-"


def scaling_name(call: Call, parameter: str) -> str:
    """Return the name in a parameter, or "": 2 to 64 characters, a letter or digit first; refuse any other."""
    name = call.params.text(parameter)
    is_valid = (
        len(name) in _NAME_LENGTHS
        and name[0].isalnum()
        and all(character.isalnum() or character in _PUNCTUATION for character in name)
    )
    if name and not is_valid:
        raise invalid_parameter(parameter)
    return name


def server_groups(params: Parameters) -> list[dict[str, Any]]:
    """Return the ALB server groups a call names."""
    return [
        {
            "AlbServerGroupId": one.required("AlbServerGroupId"),
            "Port": one.integer("Port"),
            "Weight": one.integer("Weight"),
        }
        for one in params.structures("AlbServerGroup")
    ]


def invalid_parameter(name: str) -> ActionError:
    """Return the refusal of a parameter's value."""
    return ActionError("InvalidParameter", f'The specified value of parameter "{name}" is not valid.')

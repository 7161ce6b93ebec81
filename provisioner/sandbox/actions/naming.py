"""The services' rules for names and descriptions."""

from __future__ import annotations

from provisioner.sandbox.cloud import ActionError
from provisioner.sandbox.cloud.parameters import Parameters
from provisioner.sandbox.cloud.resource import Resource

_NAME_LIMIT = 128
_DESCRIPTION_LIMIT = 256
_PUNCTUATION = "._-"


def check_texts(
    params: Parameters,
    name_parameter: str,
    bad_name: ActionError,
    bad_description: ActionError | None = None,
    *,
    shortest: int = 1,
    extra: str = _PUNCTUATION,
) -> None:
    """
    Refuse the name in `name_parameter`, or the description.

    Several resources of Vpc share one refusal of a description: the one used when none is given.
    """
    check_name(params.text(name_parameter), bad_name, shortest=shortest, extra=extra)
    bad_description = bad_description or ActionError(
        "InvalidDescription.Malformed", "The specified description is not valid."
    )
    check_description(params.text("Description"), bad_description, shortest=shortest)


def change_texts(params: Parameters, resource: Resource, name_parameter: str) -> None:
    """Take over the name in `name_parameter` and the description, if they were sent; empty ones clear them."""
    resource.name = params.changed(name_parameter, resource.name)
    resource.document["Description"] = params.changed("Description", resource.document.get("Description", ""))


def check_name(name: str, refusal: ActionError, *, shortest: int = 1, extra: str = _PUNCTUATION) -> None:
    """Refuse a name: a letter, then letters, digits and `extra`; at most 128 characters, and no URL."""
    if not name:
        return
    valid = (
        shortest <= len(name) <= _NAME_LIMIT
        and name[0].isalpha()
        and not name.startswith(("http://", "https://"))
        and all(character.isalnum() or character in extra for character in name)
    )
    if not valid:
        raise refusal


def check_description(description: str, refusal: ActionError, *, shortest: int = 1) -> None:
    """Refuse a description: at most 256 characters, no URL in front."""
    if not description:
        return
    if not shortest <= len(description) <= _DESCRIPTION_LIMIT or description.startswith(("http://", "https://")):
        raise refusal

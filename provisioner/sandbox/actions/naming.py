"""The services' rules for names and descriptions."""

from __future__ import annotations

from provisioner.sandbox.cloud import ActionError

_NAME_LIMIT = 128
_DESCRIPTION_LIMIT = 256
_PUNCTUATION = "._-"


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

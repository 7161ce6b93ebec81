"""Cuts lists into pages, as every Describe action does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from provisioner.sandbox.cloud import ActionError
from provisioner.sandbox.cloud.call import Answer, Call

T = TypeVar("T")


def answer_page(
    call: Call,
    found: Sequence[T],
    show: Callable[[T], dict[str, Any]],
    container: str,
    element: str,
    *,
    largest: int = 50,
    default: int = 10,
) -> Answer:
    """Return the page the call asks for: `{container: {element: []}, TotalCount, PageNumber, PageSize}`."""
    number = call.params.integer("PageNumber")
    size = call.params.integer("PageSize")
    number = 1 if number is None else number
    size = default if size is None else size
    if number < 1:
        raise ActionError("InvalidParameter", "Specified page number is not valid.")
    if not 1 <= size <= largest:
        raise ActionError("InvalidParameter", "Specified page size is not valid.")
    page = found[(number - 1) * size : number * size]
    return {
        container: {element: [show(one) for one in page]},
        "TotalCount": len(found),
        "PageNumber": number,
        "PageSize": size,
    }

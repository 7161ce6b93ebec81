"""Cuts lists into pages, as every Describe action does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from provisioner.sandbox.cloud import ActionError
from provisioner.sandbox.cloud.call import Answer, Call

T = TypeVar("T")

_DEFAULT_RESULTS, _MOST_RESULTS = 10, 100


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


def answer_tokens(
    call: Call, found: Sequence[T], show: Callable[[T], dict[str, Any]], container: str, element: str
) -> Answer:
    """
    Return the page the call asks for by `NextToken`, if it gives that or `MaxResults`, else by number.

    The newer way; the actions of Ecs that know it know both.
    """
    if "MaxResults" not in call.params and "NextToken" not in call.params:
        return {**answer_page(call, found, show, container, element, largest=100), "NextToken": ""}
    size = call.params.integer("MaxResults")
    size = _DEFAULT_RESULTS if size is None else size
    if not 1 <= size <= _MOST_RESULTS:
        raise call.params.invalid("MaxResults")
    start = call.params.integer("NextToken") or 0
    if start < 0:
        raise call.params.invalid("NextToken")
    end = start + size
    return {
        container: {element: [show(one) for one in found[start:end]]},
        "TotalCount": len(found),
        "PageNumber": 1,
        "PageSize": size,
        "NextToken": str(end) if end < len(found) else "",
    }

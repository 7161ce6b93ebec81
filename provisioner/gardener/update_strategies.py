"""How a worker pool's machines are updated. Source: gardener pkg/apis/core/v1beta1/types_shoot.go, read 2026-11."""

from __future__ import annotations

from typing import Final

MANUAL: Final = "ManualInPlaceUpdate"
"""The user updates each machine in place."""
IN_PLACE: Final = frozenset({"AutoInPlaceUpdate", MANUAL})
"""Strategies that update machines instead of replacing them."""
STRATEGIES: Final = ("AutoRollingUpdate", *sorted(IN_PLACE))
"""All of them."""

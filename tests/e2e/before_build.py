"""The actions that a run asks only about what it adds or changes, before anything is built."""

from __future__ import annotations

QUESTIONS = frozenset(
    {
        "DescribeAccountAttributes",
        "DescribeAvailableResource",
        "ListEnhanhcedNatGatewayAvailableZones",
        "ListProductQuotas",
    }
)

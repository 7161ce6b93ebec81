"""Edges of the rules for the Kubernetes versions on offer."""

from __future__ import annotations

from typing import Any, Final

from tests.unit.validation.conftest import NOW
from tests.unit.validation.edges.edge import GONE, POOL, PROFILE, SHOOT, Edge, all_of, edge, put
from tests.unit.validation.example import Change

VERSION: Final = f"{SHOOT}.kubernetes.version"
OF_POOL: Final = f"{POOL}.kubernetes.version"
PAST, NEVER = "2026-11-01T00:00:00Z", "2999-01-01T00:00:00Z"
assert PAST < NOW.isoformat() < NEVER


def offering(version: str = "1.31.4", **more: Any) -> Change:
    """Return a change that puts two versions on offer, one of them with more fields."""
    return put(f"{PROFILE}.kubernetes.versions", [{"version": "1.30.2"}, {"version": version, **more}])


def lifecycle(*stages: tuple[str, str]) -> list[dict[str, str]]:
    return [{"classification": stage, "startTime": begin} for stage, begin in stages]


EDGES: list[Edge] = [
    edge("kubernetes_versions.version", "NotSupported", VERSION, "1.31.4", "1.31.5", offering()),
    edge("kubernetes_versions.version", "NotSupported", VERSION, "1.31", "1.32", offering()),
    edge("kubernetes_versions.version", "NotSupported", VERSION, "1", "2", offering()),
    edge("kubernetes_versions.version", "NotSupported", VERSION, "", "latest", offering()),
    edge(
        "kubernetes_versions.version", "NotSupported", f"{PROFILE}.kubernetes", GONE, {"versions": [{"version": "1"}]}
    ),
    *(
        Edge("kubernetes_versions.version", "NotSupported", name, offering(**inside), offering(**outside))
        for name, inside, outside in (
            ("until tomorrow and yesterday", {"expirationDate": NEVER}, {"expirationDate": PAST}),
            ("deprecated and expired", {"classification": "deprecated"}, {"classification": "expired"}),
            (
                "in preview and not yet",
                {"lifecycle": lifecycle(("preview", PAST))},
                {"lifecycle": lifecycle(("preview", NEVER))},
            ),
            (
                "supported, and so it was",
                {"lifecycle": lifecycle(("supported", PAST), ("expired", NEVER))},
                {"lifecycle": lifecycle(("supported", PAST), ("expired", PAST))},
            ),
        )
    ),
    edge("kubernetes_versions.pool_versions", "NotSupported", OF_POOL, "1.30.2", "1.30.3", offering()),
    edge("kubernetes_versions.pool_versions", "NotSupported", OF_POOL, "1.30", "1.29", offering()),
    # The shoot's own version is the shoot's problem, and what is none is one already.
    edge(
        "kubernetes_versions.pool_versions",
        "NotSupported",
        OF_POOL,
        "1.31.5",
        "1.31.4",
        all_of(offering(), put(VERSION, "1.31.5"), put(f"{PROFILE}.kubernetes.versions.1.version", "1.31.6")),
    ),
    edge("kubernetes_versions.pool_versions", "NotSupported", OF_POOL, "latest", "1.31.0", offering()),
    Edge(
        "kubernetes_versions.pool_versions",
        "NotSupported",
        "until tomorrow and yesterday",
        offering("1.29.1", expirationDate=NEVER),
        offering("1.29.1", expirationDate=PAST),
        put(OF_POOL, "1.29.1"),
    ),
]

from __future__ import annotations

import pytest

from tests.unit.state.shared_store import SharedStore


@pytest.fixture
def shared() -> SharedStore:
    return SharedStore()

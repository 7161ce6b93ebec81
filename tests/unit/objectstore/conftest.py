"""An OSS with one bucket."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.objectstore.oss_service import Service


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    service = Service(tmp_path)
    service.store().ensure_bucket()
    service.asked.clear()
    yield service
    service.server.close()

"""The real provider on a simulated cloud of its own."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from provisioner.errors import TerraformError
from provisioner.runner.engine import find_engine
from provisioner.sandbox.cloud import Cloud
from provisioner.sandbox.wire import serve_cloud
from tests.contract.real_provider import MISSING, REAL_PROVIDER, RealProvider


@pytest.fixture
def real_provider(tmp_path: Path) -> Iterator[RealProvider]:
    """Return the real provider on an empty cloud, or skip."""
    if not REAL_PROVIDER:
        pytest.skip(MISSING)
    try:
        command = find_engine(None, os.environ, tmp_path / "cache").command
    except TerraformError as error:
        pytest.skip(f"no terraform to run: {error}")
    cloud = Cloud.open(tmp_path / "cloud")
    with serve_cloud(cloud) as server:
        yield RealProvider(command, tmp_path, cloud, server)
    cloud.close()

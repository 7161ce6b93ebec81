"""What configurations are run with: an engine, a provider on its own simulated cloud, the schema that it serves."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from provisioner.errors import TerraformError
from provisioner.runner.engine import Engine, find_engine
from provisioner.sandbox.sandbox import open_cloud
from provisioner.sandbox.wire import serve_cloud
from tests.contract.real_provider import MISSING, REAL_PROVIDER, RealProvider

SCHEMA = Path(__file__).parents[2] / "provisioner" / "sandbox" / "provider" / "schema.json"


@pytest.fixture(scope="session")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    """Return the engine that the product would use, or skip."""
    try:
        return find_engine(None, os.environ, tmp_path_factory.mktemp("engine"))
    except TerraformError as error:
        pytest.skip(f"no terraform to run: {error}")


@pytest.fixture
def either_provider(engine: Engine, tmp_path: Path) -> Iterator[RealProvider]:
    """Return an empty cloud to be used with the embedded provider, and with the real one where there is one."""
    cloud = open_cloud(tmp_path / "cloud")
    with serve_cloud(cloud) as server:
        yield RealProvider(engine.command, tmp_path, cloud, server)
    cloud.close()


@pytest.fixture
def real_provider(request: pytest.FixtureRequest) -> RealProvider:
    """Return the real provider on an empty cloud, or skip."""
    if not REAL_PROVIDER:
        pytest.skip(MISSING)
    provider: RealProvider = request.getfixturevalue("either_provider")
    return provider


@pytest.fixture(scope="session")
def schema() -> dict[str, Any]:
    """The schema of the resource types in scope, as the sandbox's provider serves it."""
    document: dict[str, Any] = json.loads(SCHEMA.read_text())
    return document

"""The environment of every test: without cloud credentials, terraform settings or proxies."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

_FOREIGN = ("ALICLOUD_", "ALIBABA_CLOUD_", "TF_", "OSS_", "PROVISION_")
_PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")
_KEPT = ("PROVISION_REAL_PROVIDER",)


def pytest_xdist_auto_num_workers() -> int:
    """Return one more worker than there are cores: some tests wait for leases to run out."""
    return (os.cpu_count() or 1) + 1


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Remove credentials, terraform settings and proxies; give every test its own folders."""
    for name in list(os.environ):
        if (name.startswith(_FOREIGN) and name not in _KEPT) or name.lower() in _PROXIES:
            monkeypatch.delenv(name)
    folder: Path = tmp_path_factory.mktemp("provision")
    monkeypatch.setenv("PROVISION_SANDBOX_DIR", str(folder / "sandbox"))
    monkeypatch.setenv("PROVISION_WORK_DIR", str(folder / "work"))
    monkeypatch.setenv("PROVISION_CACHE_DIR", str(folder / "cache"))
    # The sandbox shows at once what was made; tests of what shows later say so.
    monkeypatch.setenv("PROVISION_SETTLING_TIME", "0")

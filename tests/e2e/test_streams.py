"""Standard streams, proxies and working folders as they are found in the wild."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.e2e.conftest import EXAMPLE
from tests.spreads import spread


def run_with(provision, redirection: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    """Run a command whose standard streams a shell redirects."""
    return subprocess.run(
        ["/bin/sh", "-c", f'exec "$0" -m provisioner "$@" {redirection}', sys.executable, *map(str, arguments)],
        capture_output=True,
        text=True,
        env={**os.environ, **provision.variables},
        check=False,
    )


@pytest.mark.parametrize("redirection", spread([">&-", "2>&-", "<&-", "<&- >&- 2>&-"], 2))
def test_closed_streams_are_like_dev_null(provision, redirection):
    assert run_with(provision, redirection, "plan", EXAMPLE, "--sandbox").returncode == 2


def test_closed_standard_input_holds_no_manifest(provision):
    done = run_with(provision, "<&-", "plan", "-", "--sandbox")
    assert (done.returncode, "standard input: is empty" in done.stderr) == (3, True)


def test_full_disk_behind_standard_output_is_named(provision):
    done = run_with(provision, ">/dev/full", "plan", EXAMPLE, "--sandbox", "-o", "json")
    assert (done.returncode, "cannot write to standard output" in done.stderr) == (1, True)


def test_wrong_usage_leaves_standard_output_alone(provision):
    done = provision("plan", EXAMPLE, "-o", "jsn")
    assert (done.code, done.out) == (3, "")


def test_no_proxy_stands_between_the_program_and_its_sandbox(provision):
    provision.ok("apply", EXAMPLE)
    nowhere = "http://127.0.0.1:9"
    assert provision("plan", EXAMPLE, http_proxy=nowhere, https_proxy=nowhere, HTTP_PROXY=nowhere).code == 0


def test_state_pull_prints_one_document_also_when_there_is_no_state(provision):
    missing = provision("state", "pull", EXAMPLE, "-o", "json")
    assert (missing.code, missing.document["error"]["codes"]) == (1, [])
    provision.ok("apply", EXAMPLE)
    assert provision.ok("state", "pull", EXAMPLE, "-o", "json").document["version"] == 4

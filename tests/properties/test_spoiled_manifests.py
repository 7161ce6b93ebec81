"""
Whatever is done to the manifests of a shoot, `provision validate` ends with findings, or with a shoot that renders.

Never with a traceback, and never with a credential in what it prints. `scale.py` says how to have more of them.
"""

from __future__ import annotations

import os
import re
import time
from pathlib import Path
from typing import Any

import pytest

from tests.properties.command import Done, provision
from tests.properties.scale import examine, share
from tests.properties.spoiling import SpoiledShoot, spoiled_shoots
from tests.spreads import spread

EXAMPLE = Path(__file__).parents[2] / "examples" / "shoot.yaml"
INVALID = 2_000
"""So many files at least that are not valid."""
CHUNKS = 16
FILES = 5
"""Of each shoot."""
HARMLESS = 1.3
"""So many files are spoiled for each one that is not valid; what was done to the others does not matter."""
MOST_SECONDS = 5
PROBLEM = {"object", "path", "type", "detail", "fix"}
TYPES = {"Required", "Invalid", "Forbidden", "Duplicate", "NotSupported", "TooMany", "TooLong", "Chosen"}


@pytest.mark.parametrize("chunk", spread(range(CHUNKS), 1))
def test_spoiled_manifests_lead_to_findings(chunk: int, tmp_path: Path) -> None:
    file, rendered = tmp_path / "manifests.yaml", tmp_path / "rendered"
    invalid: set[bytes] = set()

    def check(spoiled: SpoiledShoot) -> None:
        for data in spoiled.files:
            file.write_bytes(data)
            done = run("validate", file)
            assert done.code in (os.EX_OK, 3), explain(done, data)
            assert is_complete(done), explain(done, data)
            assert not leaks(done, spoiled), explain(done, data)
            if done.code == 3:
                invalid.add(data)
                continue
            # What belongs to several objects, or is in a Secret, is found later.
            done = run("render", file, "--out", rendered)
            assert done.code in (os.EX_OK, 3), explain(done, data)
            assert not leaks(done, spoiled), explain(done, data)

    examine(spoiled_shoots(FILES), check, chunk=chunk, count=share(int(INVALID * HARMLESS), CHUNKS * FILES))
    assert len(invalid) >= share(INVALID, CHUNKS)


def test_an_ssh_key_that_is_no_text_is_a_finding(tmp_path: Path) -> None:
    """The bytes of a Secret are anybody's."""
    file = tmp_path / "manifests.yaml"
    of_text = r"stringData:\n  id_rsa.pub: .*\n"
    file.write_text(re.sub(of_text, "data:\n  id_rsa.pub: /////w==\n", EXAMPLE.read_text()))
    done = run("render", file, "--out", tmp_path / "rendered")
    (problem,) = done.document["error"]["problems"]
    assert (done.code, problem["type"], problem["path"]) == (3, "Invalid", "data.id_rsa.pub")


def run(*arguments: str | Path) -> Done:
    """Run a command, which must not take long."""
    started = time.process_time()
    done = provision(*arguments)
    # Of this process alone: how busy the machine is does not matter.
    assert time.process_time() - started < MOST_SECONDS
    return done


def is_complete(done: Done) -> bool:
    """Return whether the findings have the documented shape and say the same as the exit code."""
    document = done.document
    problems: list[dict[str, Any]] = [*document["errors"], *document["warnings"], *document["notes"]]
    return (
        set(document) == {"valid", "errors", "warnings", "notes"}
        and document["valid"] is (done.code == os.EX_OK) is (not document["errors"])
        and all(set(problem) == PROBLEM and problem["type"] in TYPES for problem in problems)
        and all(isinstance(text, str) and text.isprintable() for problem in problems for text in problem.values())
        and all(problem["object"] and problem["detail"] for problem in problems)
    )


def leaks(done: Done, spoiled: SpoiledShoot) -> bool:
    """Return whether a credential, or user data, was printed."""
    return any(secret in done.printed for secret in spoiled.shoot.secrets)


def explain(done: Done, data: bytes) -> str:
    """Return what helps to see what went wrong."""
    return f"exit code {done.code}\n{done.out}{done.err}\n{data.decode('utf-8', 'backslashreplace')}"

"""What comes from the bucket and from terraform reaches a terminal as lines of the program, without controls."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from provisioner.api.text import is_printable
from provisioner.state import Lease, StateLog
from tests.e2e.conftest import ENTRY, EXAMPLE, Done, Provision, open_bucket

FORGED = "\nNo changes.\n\r\x1b[2J\x9b31m\u202e\u2028\u200b"
SHOWN = r"\nNo changes.\n\r\x1b[2J\x9b31m\u202e\u2028\u200b"


def lines_of(done: Done) -> list[str]:
    """Return every line that was printed, each of which can be seen."""
    lines = [*done.out.split("\n"), *done.err.split("\n")]
    assert all(is_printable(line) for line in lines)
    return lines


def test_the_host_of_a_lease_forges_no_line(provision: Provision) -> None:
    provision.begin_applied(EXAMPLE)
    with open_bucket(provision) as store:
        Lease.acquire(StateLog(store, ENTRY, "infrastructure"), "run-other", "apply", f"host{FORGED}")
    done = provision("apply", EXAMPLE)
    assert (done.code, "No changes." in lines_of(done)) == (4, False)
    assert f"host{SHOWN} holds the state" in done.err


def test_what_terraform_says_forges_no_line(provision: Provision, tmp_path: Path) -> None:
    diagnostics = [
        {"type": "diagnostic", "diagnostic": {"severity": severity, "summary": text, "detail": text, "address": text}}
        for severity in ("warning", "error")
        for text in (f"a{FORGED}", f"b{FORGED}")
    ]
    script = f"""\
#!{sys.executable}
import sys
if sys.argv[1:2] == ["version"]:
    print('{{"terraform_version": "1.11.4"}}')
    sys.exit()
print({json.dumps(chr(10).join(map(json.dumps, diagnostics)))})
print({json.dumps(FORGED)}, file=sys.stderr)
sys.exit(1)
"""
    engine = tmp_path / "terraform"
    engine.write_text(script)
    engine.chmod(0o700)
    provision.engine = str(engine)
    done = provision("plan", EXAMPLE)
    assert (done.code, "No changes." in lines_of(done)) == (1, False)
    assert [line[:10] for line in done.err.split("\n") if line.startswith("error: ")] == ["error: a\\n", "error: b\\n"]

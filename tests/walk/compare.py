"""
Compares two recorded walks.

    python -m tests.walk.compare BEFORE AFTER

Exit codes, documents, stored objects and requests have to be the same. The requests of the program itself have to come
in the same order as far as there is one: those about one root module's state, those about the bucket, and those that
change something in the cloud, each among themselves. Of what the program looks at in the cloud, side by side, and of
what terraform's provider asks for, the number of each request has to be the same.
"""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_MOST = 6
_LOOKS = re.compile(r"x-acs-action:(Describe|List|Get)")


def main() -> int:
    """Print every difference, and return 1 if there is one."""
    before, after = (json.loads(Path(name).read_text()) for name in sys.argv[1:3])
    found = 0
    for old, new in zip(before["steps"], after["steps"], strict=True):
        for line in _differences(old, new):
            found += 1
            print(f"{old['command']}: {line}")
    for key in sorted(before["objects"].keys() | after["objects"].keys()):
        if before["objects"].get(key) != after["objects"].get(key):
            found += 1
            print(f"object {key}: {_first(before['objects'].get(key), after['objects'].get(key))}")
    requests = sum(len(step["requests"]) for step in after["steps"])
    print(f"commands {len(after['steps'])}, requests {requests}, objects {len(after['objects'])}, differences {found}")
    return 1 if found else 0


def _differences(old: dict[str, Any], new: dict[str, Any]) -> Iterator[str]:
    if old["exit"] != new["exit"]:
        yield f"exit {old['exit']} became {new['exit']}"
    if old["output"] != new["output"]:
        yield f"output: {_first(old['output'], new['output'])}"
    counts = [Counter(_in_general(step["requests"])) for step in (old, new)]
    for sign, more in (("no longer", counts[0] - counts[1]), ("new", counts[1] - counts[0])):
        for request, count in list(more.items())[:_MOST]:
            yield f"{sign} {count} x {request}"
    if counts[0] == counts[1]:
        for name, stream in _streams(old["requests"]).items():
            if stream != _streams(new["requests"])[name]:
                yield f"another order of the requests about the {name}"


def _in_general(requests: list[str]) -> Iterator[str]:
    """Yield requests; a version that is stored in passing counts once, whatever its number."""
    stored: set[str] = set()
    for request in requests:
        general = re.sub(r"\d{10}(?=\.(tfstate|json))", "<number>", request)
        is_state = general.startswith("client PUT") and "state" in general
        if not (is_state and general in stored):
            yield general
        stored.add(general)


def _streams(requests: list[str]) -> dict[str, list[str]]:
    """Return what the program itself asks for, in the order in which it does."""
    streams: dict[str, list[str]] = {"infrastructure": [], "worker": [], "bucket": [], "cloud": []}
    for request in _in_general(requests):
        if request.startswith("client "):
            root = re.search(r"provisioner(?:%2F|/)(infrastructure|worker)", request)
            rest = "cloud" if request.startswith("client POST / ") else "bucket"
            if rest == "bucket" or not _LOOKS.search(request):
                streams[root[1] if root else rest].append(request)
    return streams


def _first(old: Any, new: Any) -> str:
    """Return where two documents begin to differ."""
    lines = [json.dumps(value, indent=1, sort_keys=True).splitlines() for value in (old, new)]
    for first, second in zip(*lines, strict=False):
        if first != second:
            return f"{first.strip()} became {second.strip()}"
    return f"{len(lines[0])} lines became {len(lines[1])}"


if __name__ == "__main__":
    sys.exit(main())

"""Messages, docs, docstrings and names say who acts: the operator, another run, the caller, Terraform."""

import re
from collections.abc import Iterator
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
FOLDERS = ("provisioner", "terraform", "tests", "docs", "examples", "benchmarks", ".ci")
FILES = ("Makefile", "pyproject.toml", ".pre-commit-config.yaml", "*.md", "requirements-build.in")
WORDS = ("somebody", "nobody", "whoever", "anew", "shall")
"""Words that hide who acts, or that no engineer would write."""

_ANY = re.compile(rf"(?<![a-z0-9])(?:{'|'.join(WORDS)})(?![a-z0-9])", re.IGNORECASE)


def test_no_text_says_somebody() -> None:
    found = [
        f"{path.relative_to(REPOSITORY)}:{number}: {line.strip()}"
        for path in texts()
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if _ANY.search(line)
    ]
    assert not found, "\n".join(["say who acts, in plain words:", *found])


def texts() -> Iterator[Path]:
    """Yield the text files of the repository, but not this one."""
    for pattern in FILES:
        yield from sorted(REPOSITORY.glob(pattern))
    for folder in FOLDERS:
        for path in sorted((REPOSITORY / folder).rglob("*")):
            if path.is_dir() or "__pycache__" in path.parts or path == Path(__file__).resolve():
                continue
            if b"\0" not in path.read_bytes():
                yield path

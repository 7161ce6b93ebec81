"""The order of the rooms and what the package offers."""

import ast
import importlib
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
PACKAGES = sorted((CHECKOUT / "provisioner").rglob("__init__.py"))
MOST_LINES = 400
"""Lines of the longest file: one that needs more has more than one subject."""
LARGEST_SHARE = 0.2
"""Share of the package's lines that one room may have; the sandbox is a program of its own."""


def test_rooms_import_downwards_only():
    """In a process of its own: import-linter configures logging for the whole process."""
    command = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True))"
    done = subprocess.run(
        [sys.executable, "-c", command],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_wall_around_the_sandbox_has_no_gap():
    """Both contracts name every room but the command line's and the sandbox's own."""
    contracts = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    named = {contract["name"]: contract for contract in contracts}
    package = CHECKOUT / "provisioner"
    rooms = {path.parent.name for path in package.glob("*/__init__.py")}
    rooms |= {path.stem for path in package.glob("*.py") if not path.stem.startswith("__")}
    rooms = {f"provisioner.{room}" for room in rooms - {"cli", "sandbox"}}
    assert set(named["The sandbox knows nothing of the product"]["forbidden_modules"]) == rooms
    assert set(named["Only the command line knows that there is a sandbox"]["source_modules"]) == rooms


def bound_names(package: Path) -> set[str]:
    """Return the names that a package's own file offers: what it defines, and what it takes from modules of ours."""
    here = ".".join(package.parent.relative_to(CHECKOUT).parts)
    names: set[str] = set()
    for node in ast.parse(package.read_text()).body:
        match node:
            case ast.ImportFrom(module=module, names=aliases) if module != here and str(module).startswith(
                "provisioner."
            ):
                names |= {alias.asname or alias.name for alias in aliases}
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                names.add(name)
            case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
                names.add(name)
    return {name for name in names if not name.startswith("_")}


@pytest.mark.parametrize("package", PACKAGES, ids=lambda path: str(path.parent.relative_to(CHECKOUT)))
def test_what_a_package_offers_is_what_it_lists(package):
    module = importlib.import_module(".".join(package.parent.relative_to(CHECKOUT).parts))
    listed = [name for name in getattr(module, "__all__", []) if not name.startswith("_")]
    assert set(listed) == bound_names(package)
    assert listed == sorted(listed)


def test_no_file_is_too_long():
    files = [path for folder in ("provisioner", "tests") for path in sorted((CHECKOUT / folder).rglob("*.py"))]
    long = [f"{path.relative_to(CHECKOUT)}: {lines(path)} lines" for path in files if lines(path) > MOST_LINES]
    assert not long, "\n".join([f"cut along its nouns what has more than {MOST_LINES} lines:", *long])


def test_no_room_is_too_large():
    rooms = {
        room: sum(lines(path) for path in ([room] if room.is_file() else room.rglob("*.py")))
        for room in sorted((CHECKOUT / "provisioner").iterdir())
        if room.is_dir() or room.suffix == ".py"
    }
    most = int(LARGEST_SHARE * sum(rooms.values()))
    large = [
        f"{room.relative_to(CHECKOUT)}: {size} lines"
        for room, size in rooms.items()
        if size > most and room.name != "sandbox"
    ]
    assert not large, "\n".join([f"make two rooms of what has more than {most} lines:", *large])


def lines(path: Path) -> int:
    """Return the number of lines of a file."""
    return path.read_bytes().count(b"\n")

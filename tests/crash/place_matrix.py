"""
Where a shoot is asked for that lies elsewhere: `python -m tests.crash.place_matrix [--match TEXT]`.

The example is applied. Then account, region, bucket, entry name, technical ID, uid and the cloud itself are changed in
its manifests, alone and in pairs, and every command that works with a state is given. What has to happen is a rule:

* Refused, by an error that names what is recorded and what is asked for, wherever the bucket that is asked for, or the
  account and region, hold something of this technical ID or this uid. Nothing at all is written or changed then.
* Else it is another shoot, and the command works. The first one's log and objects stay as they are, and when both are
  destroyed nothing is left.

The account is another access key in the shoot's Secret; the bucket has a Secret of its own, which stays. The cloud is
another sandbox that holds a copy of the bucket. Every command reaches the bucket at another port, so none of the cells
could work if that were part of a place.
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

"""
The append-only state log: who may write, what was written, and getting it there while terraform still runs.

Here live the stored records (`record`), the numbered objects that make up a log (`sequence`), the versions of a state
(`log`), where they end (`position`) and whether the newest can be one (`soundness`), and the lease that lets one run at
a time write (`lease`; `chain` reads its events for others). A lease is taken (`taking`), renewed (`renewal`) and held
for some time (`tenure`); what a run notes under it (`notes`) is in the events that it writes (`chain_writer`), and
versions are appended with its `writer`. Here are also what changed between two versions (`diff`), going back to one
(`rollback`), what of the past may go (`retention`) and the watcher that follows terraform's local file (`watch`). Where
the bytes go is the object store's matter; what terraform does and what a lost lease means for it is the workflow's.

Layout below `<entry name>/provisioner/<infrastructure|worker>/`:

    state/0000000042.tfstate    the Terraform state as it is; its object metadata (`record.STATE_METADATA`) says whose
    lock/0000000007.json        one event of the lease's chain (`record.LeaseEvent`)

Nothing is ever overwritten. Numbers start at 1 and only the next one is ever created, so that two writers compete for
the same key and one of them loses.
"""

from provisioner.state.advice import Advice
from provisioner.state.chain import known_place, read_log, read_unclean_since
from provisioner.state.lease import Lease
from provisioner.state.log import StateLog
from provisioner.state.record import LeaseEvent, StateVersion, StateVersionInfo
from provisioner.state.watch import StateWatcher, TornStateError

__all__ = [
    "Advice",
    "Lease",
    "LeaseEvent",
    "StateLog",
    "StateVersion",
    "StateVersionInfo",
    "StateWatcher",
    "TornStateError",
    "known_place",
    "read_log",
    "read_unclean_since",
]

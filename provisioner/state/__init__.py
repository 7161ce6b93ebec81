"""
The append-only state log: its versions, the lease under which a run writes, and storing while terraform still runs.

Here: the stored records (`record`), the numbered objects of a log (`sequence`), the versions of a state (`log`), where
they end (`position`) and whether the newest can follow the others (`soundness`), and the lease that lets one run at a
time write (`lease`; `chain` reads its events without it). A run takes a lease (`taking`), renews it (`renewal`) and
holds it for some time (`tenure`); its events (`chain_writer`) carry its notes (`notes`), and its `writer` appends
versions. Also here: the difference between two versions (`diff`), going back to one (`rollback`), deleting old ones
(`retention`), and the watcher that follows terraform's local file (`watch`). Not here: where the bytes go (the object
store), and what terraform does after a lost lease (the verbs).

Layout below `<entry name>/provisioner/<infrastructure|worker>/`:

    state/0000000042.tfstate    the Terraform state as it is; its object metadata is `record.STATE_METADATA`
    lock/0000000007.json        one event of the lease's chain (`record.LeaseEvent`)

A run never overwrites an object. Numbers start at 1 and a run only creates the next one, so that two writers compete
for the same key and one of them loses.
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

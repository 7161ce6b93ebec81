"""
The simulated cloud itself: accounts, regions, zones, what is sold where, quotas, ids, clock and storage.

`Cloud` is the only door; the embedded provider and the HTTP front end both use `Cloud.call`. What an action checks
and answers lives in `provisioner.sandbox.actions`; nothing here knows a single action by name.
"""

from provisioner.sandbox.cloud.access_keys import Caller
from provisioner.sandbox.cloud.access_log import AccessRecord
from provisioner.sandbox.cloud.cloud import Cloud
from provisioner.sandbox.cloud.errors import ActionError, ConnectionLost, OutdatedError
from provisioner.sandbox.cloud.faults import Fault
from provisioner.sandbox.cloud.latency import Latency

__all__ = ["AccessRecord", "ActionError", "Caller", "Cloud", "ConnectionLost", "Fault", "Latency", "OutdatedError"]

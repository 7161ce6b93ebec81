"""
Compares the place where a run works with the place where a state belongs.

A state names objects by ids that exist in one region of one account. Anywhere else the cloud says that they do not
exist, and a run that believes it destroys a live shoot or creates a second one. So a run neither plans nor writes with
a state until it knows that both places are the same.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from provisioner.cloud import CloudClient, find_resources
from provisioner.errors import ProvisionError, StateError
from provisioner.ids import AccountId, RegionId, TechnicalId
from provisioner.objectstore import ObjectStore
from provisioner.place import CloudPlace, Place
from provisioner.run.timing import timed
from provisioner.state import StateLog
from provisioner.state.chain import newest_event
from provisioner.tfstate import State
from provisioner.translate.names import cluster_tag, name_prefix
from provisioner.translate.resource_types import KEY_PAIR, VPC


class Here:
    """
    The place where a run works. Safe for several threads.

    `account` is a call to the cloud; the first use of the place makes it, once.
    """

    def __init__(self, kind: str, account: Callable[[], AccountId], region: RegionId, store: ObjectStore) -> None:
        self._kind = kind
        self._account = account
        self._region = region
        self._store = store
        self._lock = threading.Lock()
        self._place: Place | None = None

    def place(self) -> Place:
        """
        Return the place.

        Raises:
            CloudError: the cloud refused the credentials, or did not answer.
            StateError: the store did not answer.
        """
        with self._lock:
            if self._place is None:
                self._place = Place(CloudPlace(self._kind, self._account(), self._region), self._store.place())
            return self._place

    def require(self, known: Place, log: StateLog) -> None:
        """
        Accept a log whose newest known place is `known`, if every part that is known matches.

        A log that holds nothing may go on in any cloud: it has nothing to lose.

        Raises:
            StateError: it belongs elsewhere.
            CloudError: the cloud did not answer.
        """
        here = self.place()
        if known.store is not None and here.store is not None and not known.store.may_be(here.store):
            raise _elsewhere(
                log,
                f"{known.store}",
                f"{here.store}",
                f"use that bucket; `provision state move FILE... --from {known.store.bucket}` if it was moved here",
            )
        if known.cloud is not None and here.cloud is not None and known.cloud != here.cloud and not _holds_nothing(log):
            raise _elsewhere(log, f"{known.cloud}", f"{here.cloud}", _way_back(known.cloud, here.cloud))


def _elsewhere(log: StateLog, known: str, here: str, fix: str) -> StateError:
    return StateError(
        f"this state belongs to {known}, and this run works in {here}; nothing was changed",
        object=log.describe(),
        type="WrongPlace",
        fix=fix,
    )


def _way_back(known: CloudPlace, here: CloudPlace) -> str:
    ways = [
        f"the sandbox {known.kind}" if known.kind != here.kind else "",
        f"credentials of account {known.account}" if known.account != here.account else "",
        f"region {known.region}" if known.region != here.region else "",
    ]
    used = " and ".join(way for way in ways if way)
    return f"use {used}; to move a shoot, destroy it there first"


def _holds_nothing(log: StateLog) -> bool:
    """Return whether no object can exist for which a state of this log is needed; a damaged log holds something."""
    try:
        newest, event = log.newest(), newest_event(log)
    except ProvisionError:
        return False
    return (newest is None or newest.state().is_empty) and (event is None or event.is_clean)


def require_proof(
    client: CloudClient, here: CloudPlace | None, technical_id: TechnicalId, log: StateLog, state: State
) -> None:
    """
    Accept a state whose log knows no place, if one of its objects exists `here`, where the client calls.

    Raises:
        StateError: none of them does.
        CloudError: the cloud did not answer.
    """
    # An id that is a name proves nothing: the same name may exist anywhere.
    wanted = {(type, id) for type, id in state.objects() if id and type != KEY_PAIR.type}
    with timed("look for what the state lists"):
        inventory = find_resources(
            client,
            tag=(cluster_tag(technical_id), "1"),
            name_prefix=name_prefix(technical_id),
            vpc_ids={id for type, id in wanted if type == VPC.type},
        )
    if not any((resource.type, resource.id) in wanted for resource in inventory):
        raise StateError(
            f"the log does not say to which account and region this state belongs, and none of its {len(wanted)} "
            f"objects exists where this run works, {here}; nothing was changed",
            object=log.describe(),
            type="PlaceUnknown",
            fix="use the credentials and the region of the shoot; if you do, and all its objects were deleted, say so: "
            "provision state confirm-place FILE... --account ACCOUNT_ID --region REGION",
        )

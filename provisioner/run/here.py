"""
Where a run works, held against where a state belongs.

A state names objects by ids that exist in one region of one account. Asked elsewhere, the cloud says that they do not
exist, and what follows from that destroys a living shoot or makes a second one. So a state is used for nothing that
plans or writes before both places are known to be the same.
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
    The place that a run works in. Safe for several threads.

    `account` is a call to the cloud, made once, when somebody first wants to know.
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
            CloudError: the credentials are not accepted, or the cloud could not be asked.
            StateError: the store cannot be asked.
        """
        with self._lock:
            if self._place is None:
                self._place = Place(CloudPlace(self._kind, self._account(), self._region), self._store.place())
            return self._place

    def require(self, known: Place, log: StateLog) -> None:
        """
        Accept a log whose newest known place is `known`; what is not known of it is held against nothing.

        A log that holds nothing may go on anywhere: it has nothing that could be lost.

        Raises:
            StateError: it belongs elsewhere.
            CloudError: the cloud could not be asked.
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
    """Return whether no object can exist that a state of this log is needed for; a damaged log holds something."""
    try:
        newest, event = log.newest(), newest_event(log)
    except ProvisionError:
        return False
    return (newest is None or newest.state().is_empty) and (event is None or event.is_clean)


def require_proof(
    client: CloudClient, here: CloudPlace | None, technical_id: TechnicalId, log: StateLog, state: State
) -> None:
    """
    Accept a state of which nobody noted where it belongs, if one of its objects is `here`, where the client calls.

    Raises:
        StateError: it has none.
        CloudError: the cloud could not be asked.
    """
    # An id that is a name proves nothing: the same name may be given anywhere.
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
            f"nobody noted in which account and region this state belongs, and none of its {len(wanted)} objects "
            f"exists where this run works, {here}; nothing was changed",
            object=log.describe(),
            type="PlaceUnknown",
            fix="use the credentials and the region of the shoot; if these are, and all of it was deleted, say so: "
            "provision state confirm-place FILE... --account ACCOUNT_ID --region REGION",
        )

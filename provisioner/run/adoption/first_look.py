"""
The look of a run that is about to create something: whether the cloud holds it already.

A log that was lost, cut short, or is looked for in the wrong bucket or under another entry, cannot be told from that of
a shoot that is new, or that grows. What there is in the cloud can. Whoever went on would make a second network beside
the one that is in use.
"""

from __future__ import annotations

import shlex
import threading
from collections.abc import Collection, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby

from provisioner.cloud import tag_values_of_vswitches
from provisioner.errors import StateError
from provisioner.ids import ROOTS, EntryName, Root
from provisioner.run.adoption.ownership import Double, Foreign, Ownership
from provisioner.run.adoption.record import describe, look, root_of
from provisioner.run.held_root import HeldRoot
from provisioner.run.read_root import ReadRoot
from provisioner.run.session import Session
from provisioner.state import LeaseEvent
from provisioner.state.chain import newest_event
from provisioner.translate.names import OWNER_TAG, owner_value


class FirstLook:
    """
    Looks once, when the first root is about to create something. Safe for several threads.

    After a run that did not end clean it stops for another owner alone: what such a run left is the ordinary case, and
    adopted by itself. `beside` are the entries whose objects the operator has said to leave alone.
    """

    def __init__(self, session: Session, *, beside: Collection[EntryName] = ()) -> None:
        self._session = session
        self._beside = beside
        self._found: Ownership | None = None
        self._is_unclean = False
        self._passed: set[Root] = set()
        self._lock = threading.Lock()

    @property
    def doubles(self) -> tuple[Double, ...]:
        """What is the shoot's and one too many, of the roots that create; it is in nobody's way."""
        found = self._found.doubles if self._found is not None else ()
        return tuple(double for double in found if root_of(double.resource) in self._passed)

    def take(self, found: Ownership) -> None:
        """Look no more: this was found because an earlier run did not end clean."""
        self._found, self._is_unclean = found, True

    def require_own_entry(self) -> Ownership:
        """
        Return what was found; an entry that is not there yet is accepted if nothing in the cloud is another entry's.

        Raises:
            StateError: something has the technical ID or the uid of this shoot, and another owner.
            CloudError: the cloud refused to be looked at.
        """
        with self._lock:
            found = self._look(())
            if self._session.is_new_entry:
                self._require_no_other_owner([it for it in found.foreign if not it.resource.is_going], ())
        return found

    def before_first_event(self, names: Collection[Root]) -> None:
        """
        Let these logs begin, whose first event would found an entry for a shoot that may have one elsewhere.

        Raises as `require_known`.
        """
        session = self._session
        with self._lock:
            self._require(
                self._look(()),
                names,
                (),
                # The other root's log may be there already, and its lease be this run's.
                is_unclean=any(_leaves_something(newest_event(session.log(name)), session.run_id) for name in ROOTS),
            )

    def require_known(self, names: Iterable[Root], roots: Sequence[ReadRoot]) -> None:
        """
        Let these roots create, once everything of their types that is the shoot's is in a state; `roots` are at hand.

        Raises:
            StateError: something is not (`NotInState`); or it is another owner's, whose entry is in this bucket
                (`MovedEntry`) or unknown here (`OtherOwner`).
            CloudError: the cloud refused to be looked at.
        """
        with self._lock:
            open_names = set(names) - self._passed
            if not open_names:
                return
            is_unclean = self._is_unclean or any(root.left_since is not None for root in roots)
            aside = self._require(self._look(roots), open_names, roots, is_unclean=is_unclean)
            for root in roots:
                if isinstance(root, HeldRoot):  # only under the lease is anything noted for good
                    for entry in aside:
                        root.set_aside(entry)
            self._passed |= open_names

    def _look(self, roots: Sequence[ReadRoot]) -> Ownership:
        if self._found is None:
            with ThreadPoolExecutor(max_workers=1) as beside:
                uid = beside.submit(self._require_new_uid) if self._session.is_new_entry else None
                found, _ = look(self._session, roots, includes_unproven=True)
                if uid is not None:
                    uid.result()
                self._found = found
        return self._found

    def _require(
        self, found: Ownership, names: Collection[Root], roots: Sequence[ReadRoot], *, is_unclean: bool
    ) -> list[EntryName]:
        """Return the entries that the operator has to have set aside, and has; raises as `require_known`."""
        foreign = [it for it in found.foreign if root_of(it.resource) in names and not it.resource.is_going]
        aside = self._require_no_other_owner(foreign, roots)
        if not is_unclean:
            self._require_recorded(found, names)
        return aside

    def _require_new_uid(self) -> None:
        """Refuse a shoot that is to be made although another technical ID has its uid here: one of them is mistyped."""
        session = self._session
        entry = session.entry_name
        endings = session.target.identity.uid_endings(entry)
        if not endings:
            return
        owners = tag_values_of_vswitches(session.client, OWNER_TAG) - {owner_value(entry)}
        others = sorted(owner for owner in owners if owner.endswith(endings))
        if others:
            raise StateError(
                f"the cloud holds a shoot with this uid and another technical ID, whose entry is {others[0]}; "
                f"this one's is {entry} in {session.store.describe()}; nothing was changed",
                object=session.target.identity.reference,
                type="OtherOwner",
                fix="give technical ID, uid and bucket of the shoot that is meant",
            )

    def _require_recorded(self, found: Ownership, names: Collection[Root]) -> None:
        resources = [claim.resource for claim in found.claims if not claim.is_surplus]
        going = {resource.id for resource in resources if resource.is_going}
        unlisted = [
            describe(resource)
            for resource in resources
            if root_of(resource) in names and resource.id not in going and resource.parent not in going
        ]
        if not unlisted:
            return
        session = self._session
        raise StateError(
            f"the cloud holds {len(unlisted)} objects of this shoot that are in no state under {session.entry_name} in "
            f"{session.store.describe()}, and this run would make them a second time; nothing was changed: "
            f"{', '.join(unlisted)}",
            object=session.target.identity.reference,
            type="NotInState",
            fix="check bucket, uid and region; if they are right, the log was lost or is cut short, and `provision "
            "adopt FILE... --yes` takes into the state what there is",
        )

    def _require_no_other_owner(self, foreign: Collection[Foreign], roots: Sequence[ReadRoot]) -> list[EntryName]:
        session = self._session
        known = {owner_value(entry) for root in roots for entry in root.beside}
        meant = {owner_value(entry): entry for entry in self._beside}
        aside: list[EntryName] = []
        by_owner = sorted((it for it in foreign if it.owner not in known), key=lambda it: it.owner)
        for owner, of_owner in groupby(by_owner, key=lambda it: it.owner):
            what = ", ".join(describe(it.resource) for it in of_owner)
            if session.store.list(f"{owner}/provisioner/", limit=1):
                uid = owner.removeprefix(f"{session.target.identity.technical_id}--")
                raise StateError(
                    f"the cloud holds objects of this shoot whose state is under {owner} in "
                    f"{session.store.describe()}, not under {session.entry_name}; nothing was changed: {what}",
                    object=session.target.identity.reference,
                    type="MovedEntry",
                    fix=f"if that is this shoot, give it the uid {uid} or BackupEntry {owner}; if it is a former one, "
                    "destroy that first",
                )
            if owner not in meant:
                raise StateError(
                    f"the cloud holds objects with this shoot's technical ID that belong to entry {owner}, which is "
                    f"not in {session.store.describe()}; nothing was changed: {what}",
                    object=session.target.identity.reference,
                    type="OtherOwner",
                    fix="use the bucket that holds that entry; if another shoot is to be made beside what there is, "
                    f"`provision apply FILE... --beside {shlex.quote(owner)}` records that",
                )
            aside.append(meant[owner])
        return aside


def _leaves_something(event: LeaseEvent | None, run_id: str) -> bool:
    """Return whether runs before this one may have left something, by the newest event of a lease."""
    if event is None:
        return False
    return (event.unclean_since if event.run == run_id else event.leaves_since) is not None

"""
The first look: before a run creates anything, it checks whether the cloud already holds objects of the shoot.

A lost log, a log that was cut short, and the wrong bucket or entry all look like a shoot that is new or grows. The
objects in the cloud tell them apart. A run that went on would create a second network beside the one in use.
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
from provisioner.run.adoption.ownership import Foreign, Ownership, Surplus
from provisioner.run.adoption.record import describe, look, root_of
from provisioner.run.read_root import ReadRoot
from provisioner.run.session import Session
from provisioner.state import LeaseEvent
from provisioner.state.chain import newest_event
from provisioner.translate.names import OWNER_TAG, owner_value


class FirstLook:
    """
    Looks once, when the first root is about to create something. Safe for several threads.

    After an unclean run it stops only for another owner: such a run often leaves objects behind, and this one adopts
    them. `beside` are the entries whose objects the operator told the run to leave alone.
    """

    def __init__(self, session: Session, *, beside: Collection[EntryName] = ()) -> None:
        self._session = session
        self._beside = beside
        self._found: Ownership | None = None
        self._is_unclean = False
        self._passed: set[Root] = set()
        self._lock = threading.Lock()

    @property
    def surplus(self) -> tuple[Surplus, ...]:
        """The shoot's surplus objects, of the roots that create; they do not stop the run."""
        found = self._found.surplus if self._found is not None else ()
        return tuple(extra for extra in found if root_of(extra.resource) in self._passed)

    def take(self, found: Ownership) -> None:
        """Use what `adopt` found after an unclean run, instead of looking again."""
        self._found, self._is_unclean = found, True

    def require_own_entry(self) -> Ownership:
        """
        Look and return the result; accept a new entry only if no object in the cloud is another entry's.

        Raises:
            StateError: an object has the technical ID or the uid of this shoot, and another owner.
            CloudError: the cloud refused a listing.
        """
        with self._lock:
            found = self._look(())
            if self._session.is_new_entry:
                others = [foreign for foreign in found.foreign if not foreign.resource.is_going]
                self._require_no_other_owner(others, ())
        return found

    def before_first_event(self, names: Collection[Root]) -> None:
        """
        Let these logs begin: their first event makes an entry, and the shoot may have one elsewhere.

        Raises as `require_known`.
        """
        session = self._session
        with self._lock:
            found = self._look(())
            # The other root's log may exist already, under a lease of this run.
            events = [event for name in ROOTS if (event := newest_event(session.log(name))) is not None]
            self._require(
                found,
                names,
                {entry for event in events for entry in event.beside},
                is_unclean=any(_leaves_something(event, session.run_id) for event in events),
            )

    def require_known(self, names: Iterable[Root], roots: Sequence[ReadRoot]) -> None:
        """
        Let the roots `names` create if a state lists every object of their types that is the shoot's.

        `roots` are the roots whose states the run has at hand.

        Raises:
            StateError: no state lists an object (`NotInState`); or it has another owner, whose entry is in this bucket
                (`MovedEntry`) or not (`OtherOwner`).
            CloudError: the cloud refused a listing.
        """
        with self._lock:
            open_names = set(names) - self._passed
            if not open_names:
                return
            is_unclean = self._is_unclean or any(root.left_since is not None for root in roots)
            known = {entry for root in roots for entry in root.beside}
            aside = self._require(self._look(roots), open_names, known, is_unclean=is_unclean)
            for root in roots:
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
        self, found: Ownership, names: Collection[Root], known: Collection[EntryName], *, is_unclean: bool
    ) -> list[EntryName]:
        """
        Return the entries of other shoots that the operator sets aside in this run; the `known` ones are set aside.

        Raises as `require_known`.
        """
        others = [
            foreign for foreign in found.foreign if root_of(foreign.resource) in names and not foreign.resource.is_going
        ]
        aside = self._require_no_other_owner(others, known)
        if not is_unclean:
            self._require_recorded(found, names)
        return aside

    def _require_new_uid(self) -> None:
        """Refuse to create a shoot if another technical ID has its uid here: one of the two is mistyped."""
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
                f"the entry of this shoot is {entry} in {session.store.describe()}; nothing was changed",
                object=session.target.identity.reference,
                type="OtherOwner",
                fix="correct technical ID, uid or bucket: they are of two different shoots",
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
            f"{session.store.describe()}, and this run would create them a second time; nothing was changed: "
            f"{', '.join(unlisted)}",
            object=session.target.identity.reference,
            type="NotInState",
            fix="check bucket, uid and region; if they are right, the log was lost or cut short, and `provision "
            "adopt FILE... --yes` records these objects in the state",
        )

    def _require_no_other_owner(self, foreign: Collection[Foreign], known: Collection[EntryName]) -> list[EntryName]:
        session = self._session
        set_aside = {owner_value(entry) for entry in known}
        meant = {owner_value(entry): entry for entry in self._beside}
        aside: list[EntryName] = []
        by_owner = sorted((found for found in foreign if found.owner not in set_aside), key=lambda found: found.owner)
        for owner, of_owner in groupby(by_owner, key=lambda found: found.owner):
            what = ", ".join(describe(found.resource) for found in of_owner)
            if session.store.list(f"{owner}/provisioner/", limit=1):
                uid = owner.removeprefix(f"{session.target.identity.technical_id}--")
                raise StateError(
                    f"the cloud holds objects of this shoot whose state is under {owner} in "
                    f"{session.store.describe()}, not under {session.entry_name}; nothing was changed: {what}",
                    object=session.target.identity.reference,
                    type="MovedEntry",
                    fix=f"if that is this shoot, give it the uid {uid} or BackupEntry {owner}; if it is a former one, "
                    "destroy that one first",
                )
            if owner not in meant:
                raise StateError(
                    f"the cloud holds objects with this shoot's technical ID that belong to entry {owner}, which is "
                    f"not in {session.store.describe()}; nothing was changed: {what}",
                    object=session.target.identity.reference,
                    type="OtherOwner",
                    fix="use the bucket that holds that entry; to create another shoot beside these objects, use "
                    f"`provision apply FILE... --beside {shlex.quote(owner)}`, which records that",
                )
            aside.append(meant[owner])
        return aside


def _leaves_something(event: LeaseEvent, run_id: str) -> bool:
    """Return whether earlier runs may have left something, according to the newest event of a lease."""
    return (event.unclean_since if event.run == run_id else event.leaves_since) is not None

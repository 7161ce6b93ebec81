"""State confirm-place and state move: record where a log belongs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

from provisioner.errors import ManifestError, StateError
from provisioner.ids import AccountId, RegionId, Root
from provisioner.inputs import ShootInput
from provisioner.objectstore import ObjectExistsError, ObjectStore
from provisioner.place import Place
from provisioner.run.context import Context
from provisioner.run.entries import find_entry
from provisioner.run.session import Session, open_store
from provisioner.state import StateLog, known_place
from provisioner.state.chain import newest_event


@dataclass(frozen=True, slots=True)
class Placed:
    """Where the log of one root module belongs from now on."""

    root: Root
    before: Place
    after: Place


def confirm_place_target(
    context: Context, target: ShootInput, roots: Sequence[Root], account: AccountId, region: RegionId
) -> list[Placed]:
    """
    Record that the states of `roots` belong where this run works; the operator has to name that place, too.

    For logs of older programs whose objects are all gone, so that nothing proves where they were.

    Raises:
        ManifestError: the credentials are of another account, or the manifests name another region.
        StateError: a log belongs elsewhere, or there is none.
        StateLockedError, CloudError, ConsentError, InterruptedRunError
    """
    session = Session.open(context, target, create_bucket=False)
    here = session.here.place()
    assert here.cloud is not None
    for option, given, found in (("--account", account, here.cloud.account), ("--region", region, here.cloud.region)):
        if given != found:
            raise ManifestError.single(
                target.identity.reference,
                option,
                "Invalid",
                f"it is {given}, and this run works in {here.cloud}",
                "use the credentials and the manifests of that place, or name the place where this run works",
            )
    logs = [session.log(root) for root in roots]
    logs = [log for log in logs if newest_event(log) is not None or log.newest() is not None]
    if not logs:
        raise _no_log(session, session.store)
    context.require_consent(
        f"Record that the state of {target.identity.technical_id} belongs to {here.cloud}?", "yes", target
    )
    placed = []
    for log in logs:
        take = session.lease_of(log, "confirm-place", decide_place=partial(_confirm, session, log))
        with session.lease_wait.acquire(take) as lease:
            placed.append(Placed(log.root, lease.known_place, here))
            lease.release_untouched()
    return placed


def _confirm(session: Session, log: StateLog, known: Place) -> Place:
    session.here.require(known, log)
    return session.here.place()


def move_target(
    context: Context, target: ShootInput, roots: Sequence[Root], bucket: str, region: RegionId | None
) -> list[Placed]:
    """
    Move the logs of `roots` from `bucket`, in a `region`, to the bucket that the manifests name.

    This copies the newest version, unless the whole log was copied before; the history stays behind. The log in the old
    bucket says that it has moved, so that no run goes on there. After an interruption the operator can repeat it.

    Raises:
        StateError: there is no such log, it belongs to another cloud, or both buckets have one and they differ.
        StateLockedError, CloudError, ConsentError, InterruptedRunError
    """
    old = replace(target.bucket, name=bucket, region=region or target.bucket.region)
    store = open_store(context, context.connect_to(replace(target, bucket=old)), old, create_bucket=False)
    entry = find_entry(store, target.identity).name
    target = replace(target, identity=replace(target.identity, entry_name=entry))
    session = Session.open(context, target, create_bucket=True)
    pairs = [(StateLog(store, entry, root, session.log(root).advice), session.log(root)) for root in roots]
    pairs = [(old, new) for old, new in pairs if _is_begun(old) or _is_begun(new)]
    if not pairs:
        raise _no_log(session, store)
    context.require_consent(
        f"Move the state of {target.identity.technical_id} from {store.describe()} to {session.store.describe()}?",
        "yes",
        target,
    )
    return [_move(session, old, new) for old, new in pairs]


def _no_log(session: Session, store: ObjectStore) -> StateError:
    return StateError(
        f"there is no state of {session.target.identity.technical_id} under {session.entry_name}/provisioner/",
        object=store.describe(),
        type="NotFound",
        fix="check bucket, uid and technical ID",
    )


def _is_begun(log: StateLog) -> bool:
    return newest_event(log) is not None or log.find_end(None).stored is not None


def _move(session: Session, old: StateLog, new: StateLog) -> Placed:
    """
    Move one root module's log.

    The old log ends before the new one begins: a run in between finds that the old one has moved, and that the new one
    does not exist yet.
    """
    here, source = session.here.place(), old.store.place()
    before = known_place(new)
    unclean_since = None
    if _is_begun(old) and not source.may_be(new.store.place()):
        event = newest_event(old)
        if event is None or event.moved is None or event.moved.target != here:
            _end(session, old, new, here)
        event = newest_event(old)
        assert event is not None
        before, unclean_since = Place(here.cloud, source), event.unclean_since

    def decide(known: Place) -> Place:
        session.decide_place(replace(known, store=None), new)
        if known.store is not None and not (known.store.may_be(source) or known.store.may_be(new.store.place())):
            raise StateError(
                f"this state belongs to {known.store}, which is neither {source} nor {new.store.place()}",
                object=new.describe(),
                type="WrongPlace",
                fix=f"name the bucket from which the state comes: --from {known.store.bucket}",
            )
        return here

    with session.lease_wait.acquire(session.lease_of(new, "move", decide_place=decide)) as lease:
        if unclean_since is not None:
            lease.notes.distrust(unclean_since)
        lease.move(here)
    return Placed(new.root, before, here)


def _end(session: Session, old: StateLog, new: StateLog, here: Place) -> None:
    """Copy the newest version of the old log, and record in that log where it has moved."""

    def decide(known: Place) -> Place:
        session.decide_place(replace(known, store=None), old)
        return known.or_else(Place(here.cloud, old.store.place()))

    with session.lease_wait.acquire(session.lease_of(old, "move", decide_place=decide)) as lease:
        end, copied = old.find_end(newest_event(old)), new.find_end(None).number
        number, stored = end.number, end.stored
        try:
            if copied > number:
                raise ObjectExistsError("it has newer versions", object=new.describe(), type="AlreadyExists")
            if stored is not None:
                new.store.put_if_absent(new.states.key(number), stored.body, stored.metadata)
        except ObjectExistsError as error:
            lease.release_untouched()
            raise StateError(
                f"both buckets hold a state of this shoot, and they differ: {old.describe()} ends with version "
                f"{number}, {new.describe()} with version {copied}; nothing was changed",
                object=new.describe(),
                type="Conflict",
                fix="compare them with `provision state history`, and delete the log that is not the shoot's",
            ) from error
        lease.move(here)

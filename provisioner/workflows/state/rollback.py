"""State rollback: make an earlier version the newest again."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass

from provisioner.cloud import CloudResource
from provisioner.errors import Problem, ProvisionError, StateError
from provisioner.folders import held_folder
from provisioner.ids import ROOTS, Root, TechnicalId
from provisioner.inputs import ShootInput
from provisioner.run.adoption.first_look import FirstLook
from provisioner.run.adoption.record import look
from provisioner.run.context import Context
from provisioner.run.session import Session
from provisioner.run.usable_state import find_stranger
from provisioner.run.working_copy.journal import RUNS, Leftovers
from provisioner.state import StateLog, StateVersion, known_place
from provisioner.state.chain import newest_event
from provisioner.state.diff import StateDiff, make_diff
from provisioner.state.rollback import prepare_rollback, require_sound, roll_back
from provisioner.tfstate import Address


@dataclass(frozen=True, slots=True)
class Unlisted:
    """An object of the cloud that no state lists."""

    resource: CloudResource
    address: Address | None
    """The address that it would get in a state; None if runs leave it alone."""


@dataclass(frozen=True, slots=True)
class RolledBack:
    """The result of a rollback."""

    technical_id: TechnicalId
    diff: StateDiff
    """From the former newest version to the target version."""
    number: int | None
    """The number of the appended version; None when the target version was the newest already."""
    serial: int
    beyond: tuple[Unlisted, ...]
    """Objects that no state lists now."""


def roll_back_target(
    context: Context,
    target: ShootInput,
    root: Root,
    number: int,
    *,
    reveal: bool,
    show: Callable[[StateDiff], None],
) -> RolledBack:
    """
    Append version `number` once more, with a new serial; before the question `show` gets the changes.

    This changes nothing in the cloud. The next run looks for objects that the state does not list any more.

    Raises:
        StateError: there is no such version, or it is not usable.
        StateLockedError, CloudError, ConsentError, InterruptedRunError
    """
    session = Session.open(context, target, create_bucket=False)
    log = session.log(root)
    if session.is_new_entry:
        FirstLook(session).require_known(ROOTS, ())
    # Before taking a lease: its first event would make an entry for a shoot that does not exist.
    event = newest_event(log)
    target_version = require_sound(log, number, event)
    session.require_here(log, known_place(log, event, target_version), target_version)
    _require_own(session, log, target_version)
    with (
        held_folder(context.settings.work_root(), RUNS, is_made=False) as work_root,
        closing(Leftovers(work_root, context.machine)) as leftovers,
    ):
        # A state that a dead holder could not store stays where it is: the next run looks in the cloud for its objects.
        take = session.lease_of(log, "rollback", is_holder_dead=leftovers.prove_dead)
        held = session.lease_wait.acquire(take)
    with held as lease:
        rollback = prepare_rollback(log, lease, number)
        diff = make_diff(root, rollback.newest, rollback.target, reveal=reveal)
        technical_id = target.identity.technical_id
        if number == lease.writer.position.number and not lease.is_damaged:
            lease.release_untouched()
            return RolledBack(technical_id, diff, None, rollback.target.serial, ())
        show(diff)
        try:
            context.require_consent(f"Make version {number} the newest {root} state?", "yes", target)
        except ProvisionError:
            lease.release_untouched()
            raise
        appended = roll_back(lease, rollback)
        lease.release("failed", appended)
    return RolledBack(technical_id, diff, appended, rollback.serial, _look_beyond(session))


def _require_own(session: Session, log: StateLog, version: StateVersion) -> None:
    stranger = find_stranger(session, version.state())
    if stranger:
        raise StateError(
            f"cannot go back to version {version.number}: it is the state of another shoot: {stranger}",
            object=log.describe(),
            type="ForeignState",
            fix=log.advice.see_history(),
        )


def _look_beyond(session: Session) -> tuple[Unlisted, ...]:
    """Return the objects that no state lists; if the look fails, only warn, because the rollback is done."""
    try:
        ownership, _ = look(session, (), takes_surplus=True)
    except ProvisionError as error:
        session.context.reporter.warn(
            Problem(
                session.target.identity.reference,
                "",
                "NotLooked",
                f"cannot list the objects in the cloud that are in no state: {error}",
                "the next run looks for them",
            )
        )
        return ()
    claimed = (Unlisted(claim.resource, claim.address) for claim in ownership.claims)
    return (*claimed, *(Unlisted(stranger, None) for stranger in ownership.strangers))

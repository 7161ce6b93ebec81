"""The root modules of one run together: their working copies, leases and states."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

from provisioner.errors import StateLockedError
from provisioner.ids import Root
from provisioner.inputs import ShootInput
from provisioner.render import ProviderSettings
from provisioner.run.context import Context
from provisioner.run.held_root import HeldRoot, give_back, hold_root
from provisioner.run.prepared_root import PreparedRoot
from provisioner.run.read_root import ReadRoot, read_root
from provisioner.run.session import Session, provider_settings
from provisioner.run.timing import timed
from provisioner.run.working_copy.workspace import Workspace
from provisioner.runner import find_engine

_Result = TypeVar("_Result")
_GIVING_UP = timedelta(seconds=2)
"""How long a run that did not get its first lease may take to give the second one back."""


@dataclass(frozen=True, slots=True)
class PreparedRoots:
    """A session, and the working copies of the run's roots, in the order in which it applies them."""

    session: Session
    roots: Sequence[PreparedRoot]
    executor: ThreadPoolExecutor
    """For work in the background."""

    def read(self) -> list[ReadRoot]:
        """Return the roots with their newest states; raises as `read_root`."""
        session = self.session
        with timed("take leases, read states"):
            return _wait_for_all([self.executor.submit(read_root, session, prepared) for prepared in self.roots])

    @contextmanager
    def held(
        self, operation: str, *, before_first_event: Callable[[], None], in_turn: bool = False
    ) -> Iterator[list[HeldRoot]]:
        """
        Take the leases of the roots, side by side or `in_turn`, and give them back at the end; raises as `hold_root`.

        Two runs that begin at once may get one lease each. The run without the Infrastructure's lease gives up, or
        gives the Worker's back before it waits, so the two runs never wait for each other. In turn, a run that cannot
        get the first lease leaves nothing in the log of the second.
        """
        session, names = self.session, [prepared.name for prepared in self.roots]
        held: dict[Root, HeldRoot] = {}

        def hold(prepared: PreparedRoot, *, waits: bool, least: timedelta = timedelta(0)) -> None:
            held[prepared.name] = hold_root(
                session, prepared, operation, before_first_event=before_first_event, waits=waits, least=least
            )

        def hold_side_by_side() -> None:
            try:
                _wait_for_all([self.executor.submit(hold, prepared, waits=False) for prepared in self.roots])
            except StateLockedError:
                has_first = names[0] in held
                if not (has_first or session.lease_wait.is_patient):
                    raise
                if not has_first:
                    for name in list(held):
                        held.pop(name).release()
                for prepared in self.roots:
                    if prepared.name not in held:
                        hold(prepared, waits=True, least=timedelta(0) if prepared.name == names[0] else _GIVING_UP)

        with _given_back(names, held, self.executor):
            with timed("take leases, read states"):
                if in_turn:
                    for prepared in self.roots:
                        hold(prepared, waits=True)
                else:
                    hold_side_by_side()
            yield _in_order(names, held)


@contextmanager
def prepared_roots(
    context: Context,
    target: ShootInput,
    wanted: Sequence[Root],
    render: Callable[[Root, ProviderSettings], Mapping[str, bytes]],
    *,
    modules: Mapping[str, bytes],
    create_bucket: bool,
) -> Iterator[PreparedRoots]:
    """
    Connect to the cloud and the bucket while terraform initialises the roots, which `render` gives without values.

    Raises:
        ManifestError, StateError: as `Session.open`.
        CloudError: the cloud refused the credentials.
        TerraformError: there is no terraform to run.
    """
    settings = context.settings
    engine = find_engine(settings.terraform, context.environ, settings.cache_root())
    with timed("connect to the cloud"):
        access = context.connect_to(target)
    with (
        Workspace(settings.work_root(), target.identity.technical_id, context.machine) as workspace,
        ThreadPoolExecutor(max_workers=4) as executor,
    ):
        workspace.write("", modules)
        roots = [
            PreparedRoot.start(
                context,
                access,
                name,
                workspace=workspace,
                engine=engine,
                executor=executor,
                files=render(name, provider_settings(target, access)),
            )
            for name in wanted
        ]
        session = Session.open(context, target, access, create_bucket=create_bucket, executor=executor)
        yield PreparedRoots(session, roots, executor)


@contextmanager
def _given_back(names: Sequence[Root], held: Mapping[Root, HeldRoot], executor: ThreadPoolExecutor) -> Iterator[None]:
    """At the end, give back the leases of the roots that are `held` then."""
    try:
        yield
    except BaseException:
        for root in _in_order(names, held):
            give_back(root)
        raise
    with timed("give the leases back"):
        _wait_for_all([executor.submit(root.close) for root in _in_order(names, held)])


def _in_order(names: Sequence[Root], held: Mapping[Root, HeldRoot]) -> list[HeldRoot]:
    return [held[name] for name in names if name in held]


def _wait_for_all(futures: Sequence[Future[_Result]]) -> list[_Result]:
    """Wait until all are done, then raise the first error, so that no task still runs when it is raised."""
    errors = [error for error in (future.exception() for future in futures) if error is not None]
    if errors:
        raise errors[0]
    return [future.result() for future in futures]

"""How an action is run: in one transaction, after what goes on by itself was brought up to date."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager

from provisioner.sandbox.cloud.access_keys import Caller
from provisioner.sandbox.cloud.call import Action, ActionTable, Answer, Call, Process
from provisioner.sandbox.cloud.client_token import answer_once
from provisioner.sandbox.cloud.errors import ActionError
from provisioner.sandbox.cloud.faults import Hits
from provisioner.sandbox.cloud.sealing import Sealer
from provisioner.sandbox.cloud.store import Store
from provisioner.sandbox.cloud.transaction import Transaction


class Executor:
    """Runs the actions of one cloud."""

    def __init__(
        self,
        store: Store,
        actions: ActionTable,
        sealer: Sealer,
        *,
        seed: str,
        settle_seconds: float,
    ) -> None:
        """Run `actions` on what is in `store`."""
        self._store = store
        self._actions = actions
        self._sealer = sealer
        self._seed = seed
        self._settle_seconds = settle_seconds

    def run(self, caller: Caller, version: str, action: str, given: Mapping[str, str], hits: Hits) -> Answer:
        """
        Return an action's answer.

        Raises:
            ActionError: the cloud refused, or a fault among `hits` did.
            ConnectionLost: a fault took the connection.
        """
        handler = self._actions.get((version, action))
        if handler is None:
            raise ActionError(
                "InvalidAction.NotFound", f"Specified api is not found: {action} in version {version}.", 404
            )
        failure = hits.failure(version, action)
        if failure is not None:
            raise failure
        settle_seconds = self._settle_seconds if hits.settle_seconds is None else hits.settle_seconds

        def new_call(tx: Transaction) -> Call:
            return Call(
                tx,
                caller,
                given,
                settle_seconds=settle_seconds,
                hidden_seconds=hits.hidden_seconds,
                seed=self._seed,
                sealer=self._sealer,
            )

        if handler.process is not None and not handler.mutates:
            self._catch_up(handler.process, new_call)
        transaction: AbstractContextManager[Transaction] = (
            self._store.write() if handler.mutates else self._store.read()
        )
        with transaction as tx:
            call = new_call(tx)
            if handler.process is not None and handler.mutates and handler.process.is_due(call):
                handler.process.advance(call)
            if handler.mutates and given.get("ClientToken"):
                scoped = f"{version}/{action}"
                return answer_once(tx, caller.account_id, scoped, given, lambda: _perform(handler, call))
            return _perform(handler, call)

    def _catch_up(self, process: Process, new_call: Callable[[Transaction], Call]) -> None:
        """Bring a process up to date for an action that only reads, which seldom takes a transaction that writes."""
        with self._store.read() as tx:
            is_due = process.is_due(new_call(tx))
        if is_due:
            with self._store.write() as tx:
                process.advance(new_call(tx))


def _perform(handler: Action, call: Call) -> Answer:
    if handler.mutates:
        call.tx.sweep()
    return handler.run(call)

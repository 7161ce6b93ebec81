"""The connections of one target, which all commands share: the cloud, the bucket, the entry name, the run's id."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from typing import Any

from provisioner.cloud import CloudAccess, CloudClient
from provisioner.errors import ProvisionError, StateError
from provisioner.ids import EntryName, Root
from provisioner.inputs import Bucket, ShootInput
from provisioner.objectstore import DirectoryStore, MemoryStore, NewBucket, ObjectStore, OssStore
from provisioner.place import Place
from provisioner.render import ProviderSettings
from provisioner.run.command_advice import CommandAdvice
from provisioner.run.context import Context
from provisioner.run.entries import find_entry
from provisioner.run.here import Here, require_proof
from provisioner.run.lease_wait import LeaseWait
from provisioner.run.retry import RetryPolicy
from provisioner.run.timing import timed
from provisioner.state import Lease, StateLog, StateVersion, known_place
from provisioner.tfstate import State


@dataclass(slots=True)
class Session:
    """
    One target, connected: its object store and entry name.

    `open` reads from the bucket; with `create_bucket` the first object that the run stores creates a missing bucket.
    """

    context: Context
    target: ShootInput
    access: CloudAccess
    store: ObjectStore
    entry_name: EntryName
    is_new_entry: bool
    """Whether the program has stored nothing under that name yet."""
    run_id: str
    client: CloudClient
    here: Here
    retry_policy: RetryPolicy
    lease_wait: LeaseWait

    @classmethod
    def open(
        cls,
        context: Context,
        target: ShootInput,
        access: CloudAccess | None = None,
        *,
        create_bucket: bool,
        executor: Executor | None = None,
    ) -> Session:
        """
        Connect to the target's bucket; with an `executor`, ask meanwhile for the account of the cloud's credentials.

        Raises:
            ManifestError: it is not clear under which entry the shoot's state is.
            StateError: the bucket is not usable.
            CloudError: the cloud refused the credentials.
        """
        access = access or context.connect_to(target)
        client = CloudClient(access, target.region, context.environ)
        account = client.require_credentials if executor is None else executor.submit(client.require_credentials).result
        bucket = target.bucket
        store: ObjectStore
        folder = context.settings.state_dir
        try:
            with timed("open the bucket"):
                store = (
                    DirectoryStore(folder)
                    if folder
                    else open_store(context, access, bucket, create_bucket=create_bucket)
                )
            entry = find_entry(store, target.identity)
            if entry.warning is not None:
                context.reporter.warn(entry.warning)
        except ProvisionError:
            context.interruption.check()  # after a signal the run does not wait for a silent store: that is the reason
            raise
        retry_policy = RetryPolicy(
            context.reporter,
            context.interruption,
            budget=context.settings.retry_budget,
            first_wait=context.settings.retry_wait,
        )
        return cls(
            context,
            target,
            access,
            store,
            entry.name,
            entry.is_new,
            run_id=f"run-{secrets.token_hex(6)}",
            client=client,
            here=Here(access.kind, account, target.region, store),
            retry_policy=retry_policy,
            lease_wait=LeaseWait(context.reporter, context.interruption, context.settings.lock_timeout),
        )

    def log(self, root: Root) -> StateLog:
        """Return the state log of a root module."""
        return StateLog(self.store, self.entry_name, root, CommandAdvice(), self.context.pass_over)

    def lease_of(self, log: StateLog, operation: str, **hooks: Any) -> Callable[[], Lease]:
        """
        Return a function that takes the lease of a log for this run, with the `hooks` of `Lease.acquire`.

        The function raises as `Lease.acquire`, and as `decide_place` before it writes anything.
        """

        interruption = self.context.interruption

        def take() -> Lease:
            mark = object()
            interruption.lease_taken(mark)  # before the call: the lease counts from the moment that the store has it
            try:
                return acquire(lambda: interruption.lease_given_back(mark))
            except BaseException:
                interruption.lease_given_back(mark)
                raise

        def acquire(on_released: Callable[[], None]) -> Lease:
            return Lease.acquire(
                log,
                self.run_id,
                operation,
                self.context.machine.host,
                ttl=self.context.settings.lease_ttl,
                boot_id=self.context.machine.boot_id,
                on_released=on_released,
                **{"decide_place": lambda known: self.decide_place(known, log), **hooks},
            )

        return take

    def stored_state(self, root: Root, *, gives_up: bool = False) -> State:
        """
        Return the newest state of a root module in the log; an empty one if there is none.

        If no usable version is left, a caller that `gives_up` gets an empty state, too; any other gets a StateError.

        Raises:
            StateError: the state is unreadable, or belongs to another place.
            CloudError: the cloud did not answer.
        """
        if self.is_new_entry:
            return State()
        log = self.log(root)
        end = log.find_end(None)
        newest = None if gives_up and log.is_lost(end) else log.version(end)
        self.require_here(log, known_place(log, version=newest), newest)
        return newest.state() if newest else State()

    def decide_place(self, known: Place, log: StateLog) -> Place:
        """
        Return the place to note with the lease of a log whose newest known place is `known`.

        Raises as `require_here`. If the log of an older program is damaged, this leaves the cloud out: a later run
        notes it, when the log is usable again.
        """
        self.here.require(known, log)
        here = self.here.place()
        if known.cloud is None and not self.is_new_entry:
            try:
                newest = log.newest()
            except StateError:
                return replace(here, cloud=None)
            self.require_here(log, known, newest)
        return here

    def require_here(self, log: StateLog, known: Place, newest: StateVersion | None) -> None:
        """
        Accept a log whose newest known place is `known`, and whose newest version is `newest`.

        The log of an older program knows no place: it belongs here if one of its objects exists here.

        Raises:
            StateError: it belongs elsewhere, or nothing proves that it belongs here.
            CloudError: the cloud did not answer.
        """
        self.here.require(known, log)
        if known.cloud is None and newest is not None and not newest.state().is_empty:
            here = self.here.place().cloud
            require_proof(self.client, here, self.target.identity.technical_id, log, newest.state())

    def provider_settings(self) -> ProviderSettings:
        """Return the settings with which the provider reaches this target's cloud."""
        return provider_settings(self.target, self.access)


def provider_settings(target: ShootInput, access: CloudAccess) -> ProviderSettings:
    """Return the settings with which the provider reaches the target's cloud."""
    return ProviderSettings(
        region=target.region,
        protocol=access.provider_protocol,
        endpoints=dict(access.provider_endpoints),
        account_type=access.account_type,
        skip_region_validation=access.skip_region_validation,
    )


def open_store(context: Context, access: CloudAccess, bucket: Bucket, *, create_bucket: bool) -> ObjectStore:
    """
    Return the store in a bucket. A missing bucket holds nothing; with `create_bucket` its first object creates it.

    Raises:
        StateError: the bucket is not usable.
        CloudError: the cloud refused the credentials.
    """
    credentials = access.oss_credentials
    store = OssStore(
        access.oss_endpoint,
        bucket.region,
        bucket.name,
        credentials.access_key_id,
        credentials.access_key_secret,
        security_token=credentials.security_token,
        sleep=context.interruption.rest,
        is_hurried=context.interruption.is_hurried,
    )
    try:
        store.require_unversioned()
    except StateError as error:
        if error.problem.type != "NoSuchBucket":
            raise
        # A bucket that this run creates cannot have versioning yet.
        return NewBucket(store) if create_bucket else MemoryStore(name=store.describe())
    if create_bucket:
        store.ensure_bucket()
    return store

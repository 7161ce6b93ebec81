"""
Follows the local state file while terraform runs, and brings every new version into the log.

Terraform rewrites the file in place after every resource, so a reader may see it empty or cut short; only content that
parses and has a higher serial is a version.
"""

from __future__ import annotations

import hashlib
import logging
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from types import TracebackType

from provisioner.errors import ProvisionError, StateError
from provisioner.state.writer import LogWriter
from provisioner.tfstate import parse_state

_LOG = logging.getLogger(__name__)

POLL_SECONDS = 0.05
"""How often it looks at the file's size and time; a look costs microseconds."""
INTERVAL = timedelta(seconds=1)
"""Between two appends while terraform runs: OSS limits how fast a client may create objects of ascending names."""
_COMMIT_ATTEMPTS = 3
"""Each of them is a series of attempts of the store."""
_COMMIT_WAIT_SECONDS = 1.0

_Signature = tuple[int, int, int]


class TornStateError(StateError):
    """Terraform left no readable state behind. The last readable content of its file is stored."""


class StateWatcher:
    """
    Appends each new version of the file at `path`, from a thread, until `commit`.

    Use it as a context manager around the terraform run and call `commit` inside it. Without that it commits at the
    end; if that fails while another error is on its way out, the failure becomes a note of that error. It calls
    `on_append` after each append, maybe from the thread. When the operator is waiting for the end (`is_hurried`), it
    does not try the store again.
    """

    def __init__(
        self,
        writer: LogWriter,
        path: Path,
        *,
        interval: timedelta = INTERVAL,
        poll_seconds: float = POLL_SECONDS,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        on_append: Callable[[], None] = lambda: None,
        is_hurried: Callable[[], bool] = lambda: False,
    ) -> None:
        self._writer = writer
        self._path = path
        self._interval = interval.total_seconds()
        self._poll_seconds = poll_seconds
        self._clock = clock
        self._sleep = sleep
        self._on_append = on_append
        self._is_hurried = is_hurried
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="state-watcher", daemon=True)
        self._has_started = False
        self._was_there = False
        self._commit_was_called = False
        self._seen: _Signature | None = None
        self._failure: Exception | None = None
        # The newest good version that it has read but not appended yet.
        self._pending: bytes | None = None

    def __enter__(self) -> StateWatcher:
        """Start following the file."""
        self._was_there = self._path.exists()
        self._thread.start()
        self._has_started = True
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Commit unless the caller did, and stop."""
        if self._commit_was_called:
            return
        try:
            self.commit()
        except ProvisionError as failure:
            if error is None:
                raise
            error.add_note(f"and the state could not be stored: {failure}")

    @property
    def failure(self) -> Exception | None:
        """The error while following the file, or None; `commit` deals with it."""
        return self._failure

    def commit(self) -> int | None:
        """
        Append the final version if it is newer than the log's, and return the number of the newest version.

        None means that there is no state: terraform wrote none and there was none before. A second call tries again
        after a failed first one.

        Raises:
            TornStateError: the file holds no state; its last readable content is stored.
            StateError, CloudError: the log is not writable, or refuses the file's content.
        """
        self._commit_was_called = True
        self._stop_following()
        damage: StateError | None = None
        try:
            self._read_final()
        except StateError as error:
            damage = TornStateError(
                f"terraform left no readable state: {error.problem.detail}",
                object=error.problem.object,
                type=error.problem.type,
            )
        if self._pending is not None:
            self._append_finally(self._pending)
        if damage is not None:
            raise damage
        if self._failure is not None:
            raise self._failure
        position = self._writer.position
        return None if position.digest is None else position.number

    def _stop_following(self) -> None:
        self._stop.set()
        if self._has_started:
            self._thread.join()

    def _read_final(self) -> None:
        """Read the file as terraform left it."""
        body = self._read_bytes()
        if body is None:
            if self._was_there:
                raise StateError("the state file is gone", object=str(self._path), type="UnreadableState")
            return  # terraform ended before it wrote the file
        if not body.strip() and self._writer.position.lineage is None and self._pending is None:
            return  # terraform creates the file empty before it has anything to write
        self._take(body)

    def _append_finally(self, body: bytes) -> None:
        for attempt in range(_COMMIT_ATTEMPTS):
            try:
                self._append(body)
            except StateError as error:
                if not error.is_retryable or attempt == _COMMIT_ATTEMPTS - 1 or self._is_hurried():
                    raise
                _LOG.warning("cannot store the state yet: %s", error)
                self._sleep(_COMMIT_WAIT_SECONDS * 2**attempt)
            else:
                return

    def _follow(self) -> None:
        next_append = self._clock()
        while not self._stop.wait(self._poll_seconds):
            # Until the next append is due, versions only replace each other: there is no need to read them.
            if self._clock() < next_append:
                continue
            try:
                if self._take_new() and self._pending is not None:
                    self._append(self._pending)
                    next_append = self._clock() + self._interval
            except ProvisionError as error:
                self._failure = error
                _LOG.warning("cannot store the state while terraform runs: %s", error)
                if not error.is_retryable:
                    return  # it will not work at the end either, and `commit` raises it
                next_append = self._clock() + self._interval
                self._seen = None  # so that the next look tries the same version again
            except Exception as error:
                self._failure = error
                _LOG.exception("the state watcher failed")
                return

    def _take_new(self) -> bool:
        """Read the file if it changed; return whether there is a version to append."""
        before = self._signature()
        if before is None or before == self._seen:
            return False
        body = self._read_bytes()
        if body is None or before != self._signature():
            return False  # terraform is writing it right now; the next look sees it
        try:
            self._take(body)
        except StateError as error:
            if error.problem.type != "UnreadableState":
                raise
            return False  # cut short: terraform is about to write the rest
        self._seen = before
        self._was_there = True
        return self._pending is not None

    def _take(self, body: bytes) -> None:
        """Note the body as the next version to append if it is newer than the log's."""
        state = parse_state(body, str(self._path))
        position = self._writer.position
        if hashlib.sha256(body).digest() == position.digest:
            return
        # A newer terraform rewrites the file with its own version number and the same serial when no resource changed:
        # that needs no new version. The log refuses an older serial or another lineage, loudly.
        if state.lineage == position.lineage and state.serial == position.serial:
            return
        self._pending = body

    def _append(self, body: bytes) -> None:
        self._writer.append(body)
        self._pending = None
        if isinstance(self._failure, ProvisionError):
            self._failure = None  # it worked in the end; only a fault of this program stays one
        self._on_append()

    def _signature(self) -> _Signature | None:
        try:
            status = self._path.stat()
        except OSError:
            return None
        return status.st_mtime_ns, status.st_size, status.st_ino

    def _read_bytes(self) -> bytes | None:
        try:
            return self._path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise StateError(
                f"cannot read terraform's state file: {error.strerror}", object=str(self._path), type="UnreadableState"
            ) from error

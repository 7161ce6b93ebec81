"""One working copy of a root module, and the terraform commands that run in it."""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import threading
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from provisioner.errors import TerraformError
from provisioner.folders import shown
from provisioner.runner.at_work import at_work
from provisioner.runner.command_line import FLAG, command_line
from provisioner.runner.diagnostics import run_error, with_address
from provisioner.runner.engine import Engine
from provisioner.runner.events import Event, parse_event
from provisioner.runner.interruption import Interruption
from provisioner.runner.outcome import Outcome, Plan
from provisioner.runner.provider import Providers
from provisioner.runner.watchdog import Authority, NoWatchdog, Watchdog

STATE_FILE = "terraform.tfstate"
BACKUP_FILE = "terraform.tfstate.backup"
"""The state before the last command that changed it."""
EMERGENCY_FILE = "errored.tfstate"
"""Where terraform writes a state that it cannot write to the state file."""
PLAN_FILE = "plan.tfplan"

_PLAN_HAS_CHANGES = 2
_CHANGES = "apply"
"""The only command that changes the cloud."""
_log = logging.getLogger(__name__)


class Terraform:
    """
    Terraform in one working folder.

    `environment` is the whole environment of the process: credentials travel there and nowhere else. `on_event` gets
    the events as they arrive, on the calling thread.
    """

    def __init__(
        self,
        engine: Engine,
        folder: Path,
        environment: Mapping[str, str],
        interruption: Interruption,
        *,
        on_event: Callable[[Event], None] = lambda _: None,
        parallelism: int = 10,
        inherited_fds: tuple[int, ...] = (),
        providers: Providers | None = None,
    ) -> None:
        self.folder = folder
        self._engine = engine
        self._environment = dict(environment)
        self._interruption = interruption
        self._on_event = on_event
        self._parallelism = parallelism
        self._inherited_fds = inherited_fds
        self._providers = providers
        self._dumped_state: Mapping[str, Any] | None = None
        self.failed_updates: frozenset[str] = frozenset()
        """Addresses that the last command failed to update: their state may have values that it never sent."""
        self.on_start: Callable[[], None] = lambda: None
        """Called whenever a terraform has started and signals reach it; if it raises, this terraform ends."""
        self.is_cut_off = False
        """Whether the result of the last command's last calls is unknown: it was killed, or got no answer."""
        self._authority = Authority()
        self._watchdog: Watchdog | None = None
        self._authority_lock = threading.Lock()

    @property
    def engine(self) -> Engine:
        """The terraform that runs."""
        return self._engine

    @property
    def state_path(self) -> Path:
        """The local state file that terraform works on."""
        return self.folder / STATE_FILE

    def authorise(self, authority: Authority) -> None:
        """Set until when terraforms may work in this folder, including a running one; safe for several threads."""
        with self._authority_lock:
            self._authority = authority
            watchdog = self._watchdog
            if watchdog is not None:
                watchdog.extend(authority)
        if watchdog is not None and watchdog.is_news_that_it_acted():
            # Terraform works beyond the end of its authority, so from now on it gets the grace period of a signal.
            self._interruption.stop("this program stood still, so terraform is being stopped")

    def emergency_states(self) -> list[bytes]:
        """
        Return states that terraform could not write to its file, for example because the disk is full.

        Terraform writes another file instead and, if that fails, too, puts the state into its events.
        """
        found = [] if self._dumped_state is None else [json.dumps(self._dumped_state, indent=2).encode()]
        with suppress(OSError):
            found.append((self.folder / EMERGENCY_FILE).read_bytes())
        return found

    def init(self) -> None:
        """
        Install modules and the provider, which has to be one that `providers` trusts.

        Raises:
            TerraformError: terraform failed; the message is terraform's.
            InterruptedRunError: a signal ended it, or came before it.
        """
        if self._providers is None:
            self.install(None)
        else:
            self._providers.install(self)

    def install(self, lockfile: str | None, plugin_cache: Path | None = None) -> None:
        """
        Install modules and any provider that the lock file has or may get; raises as `init`.

        A `plugin_cache` replaces the operator's.
        """
        extra = {} if plugin_cache is None else {"TF_PLUGIN_CACHE_DIR": str(plugin_cache)}
        # Quiet: its warnings are about the lock file, which is not the operator's.
        outcome = self._run("init", input=False, json=FLAG, get=True, lockfile=lockfile, is_quiet=True, extra=extra)
        self._require(outcome, "init", (0,))

    def get_modules(self) -> None:
        """Install modules alone; raises as `init`."""
        self._require(self._run("get", is_quiet=True), "get", (0,))

    def wait(self, seconds: float) -> None:
        """Wait, unless a signal ends it; raises InterruptedRunError."""
        self._interruption.wait(seconds)

    def plan(self, *, destroy: bool = False, refresh: bool = True) -> Plan:
        """
        Write a plan beside the root module and return it.

        Without `refresh` terraform believes the state: only right after it wrote that.

        Raises:
            CloudError: the cloud refused while terraform refreshed.
            TerraformError: terraform failed for another reason.
            InterruptedRunError: a signal ended it, or came before it.
        """
        outcome = self._run(
            "plan",
            input=False,
            json=FLAG,
            detailed_exitcode=FLAG,
            out=PLAN_FILE,
            parallelism=self._parallelism,
            lock=False,
            destroy=FLAG if destroy else None,
            refresh=None if refresh else False,
        )
        self._require(outcome, "plan", (0, _PLAN_HAS_CHANGES))
        return outcome.plan(has_changes=outcome.exit_code == _PLAN_HAS_CHANGES)

    def refresh(self, address: str | None = None) -> None:
        """
        Read an object and its dependencies from the cloud into the state; without an address all objects.

        Raises:
            CloudError, TerraformError, InterruptedRunError: as `plan`.
        """
        outcome = self._run(
            "apply",
            input=False,
            json=FLAG,
            auto_approve=FLAG,
            refresh_only=FLAG,
            target=address,
            is_quiet=True,
            parallelism=self._parallelism,
            lock=False,
        )
        self._require(outcome, "apply", (0,))

    def apply(self) -> None:
        """
        Carry out the last plan.

        Raises:
            CloudError: the cloud refused a change; terraform made the other changes that do not depend on it.
            TerraformError: terraform failed for another reason.
            InterruptedRunError: a signal ended it, or came before it.
        """
        outcome = self._run("apply", PLAN_FILE, input=False, json=FLAG, parallelism=self._parallelism, lock=False)
        self._require(outcome, "apply", (0,))

    def apply_at_once(self, on_plan: Callable[[Plan], None]) -> Plan:
        """
        Plan and apply in one process, and return the plan; `on_plan` gets it before terraform changes anything.

        It saves a start of terraform and of the provider. Only for an empty state: the operator cannot refuse the plan.

        Raises:
            CloudError, TerraformError, InterruptedRunError: as `apply`.
        """
        found: list[Plan] = []

        def take(outcome: Outcome) -> None:
            found.append(outcome.plan())
            on_plan(found[0])

        outcome = self._run(
            "apply",
            on_planned=take,
            input=False,
            json=FLAG,
            auto_approve=FLAG,
            parallelism=self._parallelism,
            lock=False,
        )
        self._require(outcome, "apply", (0,))
        return found[0] if found else Plan(False, ())

    def _run(
        self,
        command: str,
        *arguments: str,
        on_planned: Callable[[Outcome], None] | None = None,
        is_quiet: bool = False,
        extra: Mapping[str, str] | None = None,
        **options: object,
    ) -> Outcome:
        self._interruption.check()
        line = command_line(self._engine, command, *arguments, **options)
        _log.debug("running %s in %s", " ".join(line), shown(self.folder))
        with at_work(self.folder) as mark:
            process = subprocess.Popen(  # noqa: S603 - the engine is the operator's choice, arguments are ours
                line,
                cwd=self.folder,
                env={**self._environment, **(extra or {})},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                # Its own session: a terminal's Ctrl-C must reach terraform once, through us, and not twice.
                start_new_session=True,
                pass_fds=(*self._inherited_fds, mark),
            )
        assert process.stdout is not None
        assert process.stderr is not None
        outcome = Outcome(-1)
        collector = threading.Thread(target=_collect, args=(process.stderr, outcome.tail), name="stderr", daemon=True)
        watchdog = self._start_beside(process, collector, changes=command == _CHANGES)
        with watchdog, self._interruption.guarding(process.pid, watchdog.may_interrupt):
            try:
                self.on_start()
                for raw in process.stdout:
                    event = parse_event(raw)
                    if isinstance(event.record.get("state"), Mapping):
                        self._dumped_state = event.record["state"]  # never shown: holds user data
                        continue
                    outcome.take(event)
                    if not is_quiet:
                        self._on_event(event)
                    if on_planned is not None and event.is_end_of_plan:
                        on_planned(outcome)
                outcome.exit_code = process.wait()
            except BaseException:
                # After any error on our side terraform gets one SIGINT, and never goes on without a reader.
                self._interruption.stop("this program failed while terraform ran")
                deque(process.stdout, maxlen=0)
                process.wait()
                raise
            finally:
                collector.join()
                process.stdout.close()
                process.stderr.close()
                with self._authority_lock:
                    self._watchdog = None
                if process.returncode < 0:
                    # It was killed, and nothing else ends its providers, which may keep trying for minutes.
                    _kill_group(process)
                self.is_cut_off = outcome.leaves_open(process.returncode)
            outcome.was_interrupted = watchdog.has_interrupted
        _log.debug("terraform %s ended with exit code %d", command, outcome.exit_code)
        self.failed_updates = frozenset(outcome.failed_updates)
        return outcome

    def _start_beside(
        self, process: subprocess.Popen[bytes], collector: threading.Thread, *, changes: bool
    ) -> Watchdog | NoWatchdog:
        """
        Start the thread and the watchdog beside a terraform, and return the watchdog.

        A terraform that only reads needs no watchdog: without this program its next line of output finds no reader and
        ends it. The same holds for one that `changes` something until its watchdog is there.

        Raises:
            TerraformError: the system allows no further process or thread; terraform is over then.
        """
        assert process.stdout is not None
        assert process.stderr is not None
        try:
            collector.start()
            if not changes:
                return NoWatchdog()
            outputs = (process.stdout.fileno(), process.stderr.fileno())
            with self._authority_lock:
                watchdog = self._watchdog = Watchdog(process.pid, outputs, self._authority)
        except (OSError, RuntimeError) as error:
            _kill_group(process)
            process.wait()
            if collector.ident is not None:
                collector.join()
            process.stdout.close()
            process.stderr.close()
            raise TerraformError(
                f"terraform was stopped, because this program could not start a thread or process beside it: {error}",
                fix="free memory or processes and run again",
                is_retryable=True,
            ) from error
        return watchdog

    def _require(self, outcome: Outcome, command: str, accepted: tuple[int, ...]) -> None:
        if outcome.exit_code not in accepted:
            # After a signal the signal is the reason, not terraform's message (`execution halted`).
            self._interruption.check()
            if outcome.was_interrupted:
                raise TerraformError(
                    f"this program stood still for so long that terraform {command} was stopped; its state is stored",
                    fix="run again",
                    is_retryable=True,
                )
            diagnostics = [with_address(diagnostic, outcome.addresses) for diagnostic in outcome.diagnostics]
            raise run_error(diagnostics, command, outcome.exit_code, "\n".join(outcome.tail))


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)


def _collect(stream: IO[bytes], tail: deque[str]) -> None:
    for raw in stream:
        tail.append(raw.decode(errors="replace").rstrip())

"""From file names to the shoots that a verb works on: what most commands begin with."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from typing import Any, TypeVar

from provisioner.cli.clouds import may_hold_state, open_clouds
from provisioner.cli.console import Console
from provisioner.cli.files import read_manifests
from provisioner.cli.process import Process
from provisioner.cli.progress import make_reporter
from provisioner.ids import ROOTS, Root
from provisioner.inputs import ShootInput, read_shoots
from provisioner.reports.documents import failure_document, one_or_all
from provisioner.run.context import Consent, Context
from provisioner.run.reporter import Reporter
from provisioner.run.timing import log_start, timed
from provisioner.runner import Interruption
from provisioner.settings import Settings
from provisioner.workflows.fleet import Done, run_each

Result = TypeVar("Result")


def read_shoots_of(
    arguments: argparse.Namespace, process: Process, reporter: Reporter, *, checks: bool = True, has_state: bool = False
) -> list[ShootInput]:
    """Return the shoots of the command line's files, with warnings; raises as `read_shoots`."""
    manifests = read_manifests(arguments.files)
    return read_shoots(manifests, process.environ, reporter.warn, checks=checks, has_state=has_state)


def chosen_roots(arguments: argparse.Namespace) -> tuple[Root, ...]:
    """Return the root modules that the command line asks for."""
    return (arguments.root,) if arguments.root else ROOTS


def run_targets(
    arguments: argparse.Namespace,
    console: Console,
    process: Process,
    work: Callable[[Context, ShootInput], Result],
    describe: Callable[[Result], dict[str, Any]],
    *,
    checks: bool = True,
) -> tuple[list[Result], int]:
    """
    Do `work` for every target of the command line and print the one document of all of them.

    One target's failure does not stop the others; the exit code is that of the first failure. A signal stops all.

    Raises:
        ProvisionError: there is exactly one target and it failed, or the input is wrong.
    """
    settings = Settings.from_environment(process.environ)
    if getattr(arguments, "terraform", None):
        settings = replace(settings, terraform=arguments.terraform)
    if getattr(arguments, "lock_timeout", None) is not None:
        settings = replace(settings, lock_timeout=timedelta(seconds=arguments.lock_timeout))
    results: list[Result] = []
    documents: list[dict[str, Any]] = []
    exit_code = 0
    with ExitStack() as stack:
        reporter = stack.enter_context(make_reporter(console))
        log_start()
        with timed("read and check manifests"):
            has_state = may_hold_state(arguments, settings)
            targets = read_shoots_of(arguments, process, reporter, checks=checks, has_state=has_state)
        if not targets:  # each Shoot is one without workers
            console.document(one_or_all([], is_one=False))
            return [], 0
        interruption = stack.enter_context(Interruption(settings.stop_grace, notify=console.note).installed())
        clouds = stack.enter_context(open_clouds(arguments, settings, process.environ))
        machine, consent = process.machine, _consent_of(arguments)
        context = Context(settings, process.environ, reporter, interruption, clouds.connect, machine, consent)
        for outcome in run_each(context, targets, work):
            if isinstance(outcome, Done):
                results.append(outcome.result)
                documents.append(describe(outcome.result))
                continue
            if len(targets) == 1:
                raise outcome.error
            console.error(outcome.error)
            exit_code = exit_code or outcome.error.exit_code
            documents.append(failure_document(outcome.error, outcome.technical_id))
        console.document(one_or_all(documents, is_one=len(targets) == 1))
    return results, exit_code


def report_targets(
    arguments: argparse.Namespace,
    console: Console,
    process: Process,
    work: Callable[[Context, ShootInput], Result],
    describe: Callable[[Result], dict[str, Any]],
    *,
    lines: Callable[[Result], Iterable[str]],
) -> int:
    """Do `work` for every target, without checking what a change would need, and print its lines; as `run_targets`."""
    results, exit_code = run_targets(arguments, console, process, work, describe, checks=False)
    for result in results:
        console.lines(lines(result))
    return exit_code


def _consent_of(arguments: argparse.Namespace) -> Consent:
    """Return the consents on the command line; changes of a sandbox need no question."""
    return Consent(
        to_changes=arguments.sandbox or getattr(arguments, "yes", False),
        to_replacements=getattr(arguments, "allow_replace", False),
        to_recreation=getattr(arguments, "recreate", False),
    )

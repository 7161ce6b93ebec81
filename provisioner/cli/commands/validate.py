"""`provision validate`: check manifests without any cloud contact."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provisioner.cli.options import add_common, add_files

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from provisioner.cli.console import Console
    from provisioner.cli.process import Process
    from provisioner.manifests import Manifests

LOGS = False
"""It writes no log: to import what does would take longer than its rules."""
_INVALID = 3
_STDIN = "-"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    add_files(parser)
    parser.add_argument(
        "--old",
        metavar="OLD",
        help="the same objects before the change: a file, a directory or -; adds the rules for what may change",
    )
    parser.add_argument("--strict", action="store_true", help="warnings are errors, too; notes are not")
    add_common(parser)


def run(arguments: argparse.Namespace, console: Console, process: Process) -> int:
    """Print every problem; exit 0 when there are no errors, else 3."""
    from provisioner.api.secret_names import environment_key
    from provisioner.cli.files import read_manifests
    from provisioner.errors import ManifestError
    from provisioner.reports.documents import validation_document
    from provisioner.validation import Findings, validate

    try:
        old = _read_old(arguments.old, arguments.files)
        manifests = read_manifests(arguments.files)
    except ManifestError as error:
        findings = Findings(error.problems)
    else:
        findings = validate(manifests, old, has_credentials=environment_key(process.environ) is not None)
    errors, warnings, notes = findings.errors, findings.warnings, (*findings.notes, *findings.choices)
    if arguments.strict:
        errors, warnings = (*errors, *warnings), ()
    console.document(validation_document(errors, warnings, notes))
    if console.is_text:
        for note in notes:
            console.remark(note)
        for warning in warnings:
            console.warn(warning)
        if errors:
            console.error(ManifestError(errors))
            count = len(errors)
            console.note(f"{count} error{'s' if count != 1 else ''} found")
        else:
            console.note("valid")
    return _INVALID if errors else 0


def _read_old(old: str | None, files: Sequence[str]) -> Manifests | None:
    """
    Return the objects as they were, with every problem of reading them; None without `--old`.

    Raises:
        ManifestError: standard input would have to be read twice.
    """
    from provisioner.cli.files import read_manifests
    from provisioner.errors import ManifestError

    if old is None:
        return None
    if old == _STDIN and _STDIN in files:
        detail = "cannot hold both the old objects and the new ones"
        raise ManifestError.single("standard input", "", "Duplicate", detail, "give one of them as a file")
    return read_manifests([old])

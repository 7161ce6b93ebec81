"""`provision render`: write the root modules and their variables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provisioner.cli.options import add_cloud, add_common, add_files

if TYPE_CHECKING:
    import argparse

    from provisioner.cli.console import Console
    from provisioner.cli.process import Process
    from provisioner.cloud import CloudAccess
    from provisioner.inputs import ShootInput


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    add_files(parser)
    parser.add_argument("--out", required=True, metavar="DIR", help="the folder to write to")
    parser.add_argument("--with-secrets", action="store_true", help="also write user data (readable only by you)")
    add_cloud(parser)
    add_common(parser)


def run(arguments: argparse.Namespace, console: Console, process: Process) -> int:
    """Write the files of every target; several targets get a folder each, named by technical ID."""
    from pathlib import Path

    from provisioner.cli.inputs import read_shoots_of
    from provisioner.cli.progress import make_reporter
    from provisioner.reports.documents import one_or_all, rendered_document
    from provisioner.reports.text import rendered_lines
    from provisioner.workflows.render import render_target, write_rendered

    with make_reporter(console) as reporter:
        targets = read_shoots_of(arguments, process, reporter)
        for target in targets:
            for warning in target.warnings:
                reporter.warn(warning)
        results = [
            render_target(target, _access(arguments, target), with_secrets=arguments.with_secrets) for target in targets
        ]
    folders = write_rendered(results, Path(arguments.out))
    documents = []
    for result, folder in zip(results, folders, strict=True):
        documents.append(rendered_document(result, folder))
        console.lines(rendered_lines(result, folder, with_secrets=arguments.with_secrets))
    console.document(one_or_all(documents, is_one=len(documents) == 1))
    return 0


def _access(arguments: argparse.Namespace, target: ShootInput) -> CloudAccess:
    from provisioner.cloud import CloudAccess, real_access

    access = real_access(target.credentials, target.bucket.credentials, target.bucket.region)
    if not arguments.sandbox:
        return access
    # What a provider block says in the sandbox; the address of a running sandbox is not part of it.
    return CloudAccess(
        credentials=access.credentials,
        oss_endpoint=access.oss_endpoint,
        oss_credentials=access.oss_credentials,
        account_type="Domestic",
        skip_region_validation=True,
    )

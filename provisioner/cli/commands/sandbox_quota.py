"""`provision sandbox quota`: change how much the simulated cloud lets an account have."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from provisioner.cli.clouds import open_sandbox, sandbox_of
from provisioner.cli.console import Console
from provisioner.cli.process import Process
from provisioner.errors import ManifestError
from provisioner.reports.text import to_table

if TYPE_CHECKING:
    from provisioner.sandbox.sandbox import Cloud


def run(arguments: argparse.Namespace, console: Console, process: Process) -> int:
    """Run the verb that the command line names."""
    verbs = {"set": _set, "list": _list}
    with open_sandbox(sandbox_of(arguments, process), process.environ) as sandbox:
        return verbs[arguments.verb](sandbox.cloud, arguments, console)


def _set(cloud: Cloud, arguments: argparse.Namespace, console: Console) -> int:
    try:
        cloud.set_quota(arguments.name, arguments.value)
    except ValueError as error:
        name, _, detail = str(error).partition(": ")
        raise ManifestError.single("command line", name.upper(), "Invalid", detail) from error
    console.document({"name": arguments.name, "limit": arguments.value})
    console.line(f"the quota {arguments.name} is {arguments.value}")
    return 0


def _list(cloud: Cloud, arguments: argparse.Namespace, console: Console) -> int:
    from provisioner.sandbox.sandbox import QUOTAS

    limits = cloud.quotas()
    rows = [(name, limit, QUOTAS[name]) for name, limit in sorted(limits.items())]
    console.document({"quotas": [{"name": name, "limit": limit, "default": default} for name, limit, default in rows]})
    console.lines(
        to_table(("NAME", "LIMIT", "DEFAULT"), [(name, str(limit), str(default)) for name, limit, default in rows])
    )
    return 0

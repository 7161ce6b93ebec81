"""`provision sandbox quota`: change how much the simulated cloud lets an account have."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provisioner.cli.options import add_common, add_sandbox_dir, add_verb, add_verbs, refuse_value

if TYPE_CHECKING:
    import argparse

    from provisioner.cli.console import Console
    from provisioner.cli.process import Process
    from provisioner.sandbox.sandbox import Cloud


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the verbs of the command, and their arguments."""
    parser.description = (
        "Change how much the sandbox lets an account have, to meet a quota or to get it out of the way."
    )
    verbs = add_verbs(parser)
    set_ = add_verb(verbs, "set", "change a quota for every account, from the next call on, until a reset")
    add_sandbox_dir(set_)
    add_common(set_)
    set_.add_argument("name", metavar="NAME", help="which quota, such as vpc; `quota list` names them all")
    set_.add_argument("value", metavar="VALUE", type=int, help="how many there may be")
    list_ = add_verb(verbs, "list", "list the quotas: how many there may be, and how many unless that is changed")
    add_sandbox_dir(list_)
    add_common(list_)


def run(arguments: argparse.Namespace, console: Console, process: Process) -> int:
    """Run the verb that the command line names."""
    from provisioner.cli.clouds import open_sandbox, sandbox_of

    verbs = {"set": _set, "list": _list}
    with open_sandbox(sandbox_of(arguments, process), process.environ) as sandbox:
        return verbs[arguments.verb](sandbox.cloud, arguments, console)


def _set(cloud: Cloud, arguments: argparse.Namespace, console: Console) -> int:
    try:
        cloud.set_quota(arguments.name, arguments.value)
    except ValueError as error:
        raise refuse_value(error, "name", "value") from error
    console.document({"name": arguments.name, "limit": arguments.value})
    console.line(f"the quota {arguments.name} is {arguments.value}")
    return 0


def _list(cloud: Cloud, arguments: argparse.Namespace, console: Console) -> int:
    from provisioner.reports.text import to_table
    from provisioner.sandbox.sandbox import QUOTAS

    limits = cloud.quotas()
    rows = [(name, limit, QUOTAS[name]) for name, limit in sorted(limits.items())]
    console.document({"quotas": [{"name": name, "limit": limit, "default": default} for name, limit, default in rows]})
    console.lines(
        to_table(("NAME", "LIMIT", "DEFAULT"), [(name, str(limit), str(default)) for name, limit, default in rows])
    )
    return 0

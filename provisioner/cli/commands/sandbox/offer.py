"""`provision sandbox offer`: change what the simulated cloud sells in its zones."""

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
    parser.description = "Change what the sandbox sells in its zones, to meet a zone that lacks something."
    verbs = add_verbs(parser)
    set_ = add_verb(verbs, "set", "change whether the sandbox sells an item, for every account, until a reset")
    add_sandbox_dir(set_)
    add_common(set_)
    set_.add_argument(
        "item",
        metavar="ITEM",
        help="an instance type, a disk category, TYPE/CATEGORY (the category with that type only), or nat-gateway "
        "(Enhanced NAT gateways)",
    )
    set_.add_argument(
        "state", metavar="STATE", help="sold, closing (the last ones), no-stock (more will come), closed, or not-sold"
    )
    set_.add_argument("--zone", metavar="ZONE", default="", help="only in this zone")
    list_ = add_verb(verbs, "list", "list what was changed")
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
        cloud.set_offer(arguments.item, arguments.state, arguments.zone)
    except ValueError as error:
        raise refuse_value(error, "item", "state") from error
    console.document({"item": arguments.item, "zone": arguments.zone, "state": arguments.state})
    console.line(f"{arguments.item} is {arguments.state} in {arguments.zone or 'every zone'}")
    return 0


def _list(cloud: Cloud, arguments: argparse.Namespace, console: Console) -> int:
    from provisioner.reports.text import to_table

    offers = cloud.offers()
    console.document({"offers": [{"item": item, "zone": zone, "state": state} for item, zone, state in offers]})
    console.lines(to_table(("ITEM", "ZONE", "STATE"), [(item, zone or "all", state) for item, zone, state in offers]))
    return 0

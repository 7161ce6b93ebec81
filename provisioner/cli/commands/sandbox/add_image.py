"""`provision sandbox add-image`: make a custom image known to the simulated cloud."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provisioner.cli.options import add_common, add_sandbox_dir

if TYPE_CHECKING:
    import argparse

    from provisioner.cli.console import Console
    from provisioner.cli.process import Process


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    add_sandbox_dir(parser)
    add_common(parser)
    parser.add_argument("image_id", metavar="IMAGE_ID", help="the id that manifests will name")
    parser.add_argument("--region", required=True, help="the region that has the image")


def run(arguments: argparse.Namespace, console: Console, process: Process) -> int:
    """Add the image, and say where it exists."""
    from provisioner.cli.clouds import cloud_error, open_sandbox, sandbox_of

    with open_sandbox(sandbox_of(arguments, process), process.environ) as sandbox:
        from provisioner.sandbox.sandbox import ActionError

        try:
            sandbox.cloud.add_image(arguments.image_id, arguments.region)
        except ActionError as error:
            raise cloud_error(error) from error
    console.document({"image": arguments.image_id, "region": arguments.region})
    console.line(f"{arguments.image_id} exists in {arguments.region}")
    return 0

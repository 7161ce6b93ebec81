"""A root module's working copy before it has a state."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from provisioner.cloud import CloudAccess
from provisioner.ids import Root
from provisioner.render import pinned_provider
from provisioner.run.context import Context
from provisioner.run.working_copy.workspace import Workspace
from provisioner.runner import Engine, Pin, Providers, Terraform
from provisioner.runner.environment import terraform_environment


@dataclass(frozen=True, slots=True)
class PreparedRoot:
    """A working copy whose `terraform init` is running: that needs no variables, no state and no bucket."""

    name: Root
    workspace: Workspace
    terraform: Terraform
    init: Future[None]

    @classmethod
    def start(
        cls,
        context: Context,
        access: CloudAccess,
        name: Root,
        *,
        workspace: Workspace,
        engine: Engine,
        executor: ThreadPoolExecutor,
        files: Mapping[str, bytes],
    ) -> PreparedRoot:
        """Write the root module's files and start its init in the background."""
        environment = terraform_environment(context.environ, access.terraform_environment)
        terraform = Terraform(
            engine,
            workspace.write(name, files),
            environment,
            context.interruption,
            on_event=lambda event: context.reporter.event(name, event),
            parallelism=context.settings.parallelism,
            inherited_fds=(workspace.alive_fd,),
            providers=Providers(
                Pin(*pinned_provider()),
                context.settings.cache_root(),
                environment,
                context.reporter.warn,
                access.provider_executable,
            ),
        )
        return cls(name, workspace, terraform, executor.submit(terraform.init))

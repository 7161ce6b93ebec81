"""The context of a verb, on the command line and in a controller alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from provisioner.cloud import CloudAccess, Credentials
from provisioner.errors import ConsentError, Problem
from provisioner.ids import RegionId
from provisioner.inputs import ShootInput
from provisioner.machine import Machine
from provisioner.run.reporter import Reporter
from provisioner.runner import Interruption
from provisioner.settings import Settings

ConnectCloud = Callable[[Credentials, Credentials, RegionId], CloudAccess]
"""Gives access to a cloud, from its credentials, those of the bucket, and the bucket's region."""


@dataclass(frozen=True, slots=True)
class Consent:
    """What the operator has agreed to before the run."""

    to_changes: bool = False
    """Whether the run makes changes without asking."""
    to_replacements: bool = False
    """Whether the run may replace or delete a VPC, vSwitch, NAT gateway, EIP or whole pool."""
    to_recreation: bool = False
    """Whether the run creates a root again after everything of it was deleted outside."""


@dataclass(slots=True)
class Context:
    """The context of a verb, on the command line and in a controller alike."""

    settings: Settings
    environ: Mapping[str, str]
    reporter: Reporter
    interruption: Interruption
    connect: ConnectCloud
    machine: Machine
    consent: Consent = Consent()
    passed_over: set[str] = field(default_factory=set)
    """Objects of a log that count for nothing; the operator has been warned of them."""

    def pass_over(self, problem: Problem) -> None:
        """Warn the operator of an object of a log that counts for nothing, once."""
        if problem.object not in self.passed_over:
            self.passed_over.add(problem.object)
            self.reporter.warn(problem)

    def connect_to(self, target: ShootInput) -> CloudAccess:
        """
        Return the access to a shoot's cloud.

        Raises:
            CloudError: the cloud refused the credentials.
        """
        bucket = target.bucket
        return self.connect(target.credentials, bucket.credentials, bucket.region)

    def require_consent(
        self, question: str, answer: str, target: ShootInput, *, so_far: str = "nothing was changed"
    ) -> None:
        """
        Ask the operator, who agrees by typing `answer`, unless the operator agreed before the run.

        `so_far` tells an operator who does not agree what the run has done by then.

        Raises:
            ConsentError: the operator did not agree, or there is no terminal to ask on.
            InterruptedRunError: a signal ended the question.
        """
        if self.consent.to_changes:
            return
        with self.interruption.waiting_for_answer():
            agreed = self.reporter.ask(question, answer)
        if not agreed:
            raise ConsentError(
                f"the operator did not agree; {so_far}",
                object=target.identity.reference,
                type="NoConsent",
                fix=f"type {answer}",
            )

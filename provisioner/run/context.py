"""What a verb is called with, on the command line as in a controller."""

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
"""Gives the access to a cloud for credentials, those of the bucket, and the region that the bucket is in."""


@dataclass(frozen=True, slots=True)
class Consent:
    """What the operator has agreed to before the run."""

    to_changes: bool = False
    """Whether changes are made without a question."""
    to_replacements: bool = False
    """Whether a VPC, vSwitch, NAT gateway, EIP or whole pool may be replaced or deleted."""
    to_recreation: bool = False
    """Whether a root of which everything was deleted outside is created again."""


@dataclass(slots=True)
class Context:
    """What a verb is called with, on the command line as in a controller."""

    settings: Settings
    environ: Mapping[str, str]
    reporter: Reporter
    interruption: Interruption
    connect: ConnectCloud
    machine: Machine
    consent: Consent = Consent()
    passed_over: set[str] = field(default_factory=set)
    """Objects of a log that count for nothing, and of which the operator was warned."""

    def pass_over(self, problem: Problem) -> None:
        """Warn the operator of an object of a log that counts for nothing, once."""
        if problem.object not in self.passed_over:
            self.passed_over.add(problem.object)
            self.reporter.warn(problem)

    def connect_to(self, target: ShootInput) -> CloudAccess:
        """
        Return the access to the cloud that a shoot lives in.

        Raises:
            CloudError: the credentials were refused.
        """
        bucket = target.bucket
        return self.connect(target.credentials, bucket.credentials, bucket.region)

    def require_consent(self, question: str, answer: str, target: ShootInput) -> None:
        """
        Ask the operator, who agrees by typing `answer`, unless that was agreed to before the run.

        Raises:
            ConsentError: the operator did not agree, or cannot be asked.
            InterruptedRunError: a signal ended the question.
        """
        if self.consent.to_changes:
            return
        with self.interruption.waiting_for_answer():
            agreed = self.reporter.ask(question, answer)
        if not agreed:
            raise ConsentError(
                "the operator did not agree, nothing was changed",
                object=target.identity.reference,
                type="NoConsent",
                fix=f"type {answer}",
            )

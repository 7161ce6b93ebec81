"""
The one error family.

    ProvisionError
    ├── ManifestError        the input is wrong; carries every problem found          exit 3
    ├── ConsentError         the operator did not agree to the plan                   exit 3
    ├── StateError           the state log cannot be read or written                  exit 1
    │   ├── StateLockedError another run holds the lease                              exit 4
    │   └── NotTheStoreError another server answered in place of the object store     exit 5
    ├── TerraformError       the engine is missing, or failed without a cloud error   exit 1
    ├── CloudError           the cloud refused; carries its code and request id       exit 5
    └── InterruptedRunError  a signal ended the run                                   exit 129, 130, 143

A class exists only where a caller acts differently: the CLI turns the class into an exit code, a controller turns
`is_retryable` into a retry. No message ever carries a credential or user data.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """
    One problem: its place, its type, its description, and the fix.

    `type` is one of Kubernetes' field error types (Required, Invalid, Forbidden, Duplicate, NotSupported, TooMany,
    TooLong; source: k8s.io/apimachinery pkg/util/validation/field) for manifests, and free for other errors.
    """

    object: str
    """`Kind/name`, or the file the problem is in when no object could be read."""
    path: str
    """Field path, for example `spec.provider.workers[0].machine.type`; empty when the object as a whole is meant."""
    type: str
    detail: str
    fix: str = ""

    def __str__(self) -> str:
        """Return `object: path: detail; fix`, leaving out what is empty."""
        head = ": ".join(part for part in (self.object, self.path, self.detail) if part)
        return f"{head}; {self.fix}" if self.fix else head


class ProvisionError(Exception):
    """A failure that the operator has to know about; `str()` is the whole message."""

    exit_code = 1

    def __init__(
        self,
        detail: str,
        *,
        object: str = "",
        path: str = "",
        type: str = "Error",
        fix: str = "",
        codes: Sequence[str] = (),
        is_retryable: bool = False,
        problems: Sequence[Problem] = (),
    ) -> None:
        super().__init__(detail)
        self.problem = Problem(object, path, type, detail, fix)
        self._problems = tuple(problems) or (self.problem,)
        self.codes = tuple(sorted(codes))
        self.is_retryable = is_retryable

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Every problem this error stands for, in the order in which they were found."""
        return self._problems

    def __str__(self) -> str:
        """Return one line per problem."""
        return "\n".join(str(problem) for problem in self._problems)


class ManifestError(ProvisionError):
    """The input cannot be used. Carries all problems found, not only the first."""

    exit_code = 3

    def __init__(self, problems: Sequence[Problem], *, codes: Iterable[str] = ("ERR_CONFIGURATION_PROBLEM",)) -> None:
        if not problems:
            raise ValueError("a ManifestError needs at least one problem")
        first = problems[0]
        super().__init__(
            first.detail,
            object=first.object,
            path=first.path,
            type=first.type,
            fix=first.fix,
            codes=tuple(codes),
            problems=problems,
        )

    @classmethod
    def single(cls, object: str, path: str, type: str, detail: str, fix: str = "") -> ManifestError:
        """Return an error with exactly one problem."""
        return cls([Problem(object, path, type, detail, fix)])


class ConsentError(ProvisionError):
    """The operator saw the plan and did not agree to it."""

    exit_code = 3


class StateError(ProvisionError):
    """The state log cannot be read or written, or what it holds cannot be used."""


class StateLockedError(StateError):
    """Another run holds the lease of this state."""

    exit_code = 4


class NotTheStoreError(StateError):
    """Something else answered in place of the object store, for example a captive portal; it may answer later."""

    exit_code = 5


class TerraformError(ProvisionError):
    """Terraform is missing, too old, or failed for a reason that no cloud answer explains."""


class CloudError(ProvisionError):
    """The cloud refused an operation. `cloud_code` and `request_id` are what its support asks for."""

    exit_code = 5

    def __init__(
        self,
        detail: str,
        *,
        object: str = "",
        cloud_code: str = "",
        request_id: str = "",
        fix: str = "",
        codes: Sequence[str] = (),
        is_retryable: bool = False,
        problems: Sequence[Problem] = (),
    ) -> None:
        super().__init__(
            detail,
            object=object,
            type=cloud_code or "CloudError",
            fix=fix,
            codes=codes,
            is_retryable=is_retryable,
            problems=problems,
        )
        self.cloud_code = cloud_code
        self.request_id = request_id


class InterruptedRunError(ProvisionError):
    """A signal ended the run after everything known was stored."""

    def __init__(self, signal_number: int, detail: str) -> None:
        super().__init__(detail, type="Interrupted", is_retryable=True)
        self.exit_code = 128 + signal_number

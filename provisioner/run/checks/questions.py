"""
Asks the cloud many things at once. A question that it does not answer becomes a note: no run fails because of it.

Credentials often may not ask for quotas or for what is sold, and a check must not stop a run that would have worked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from provisioner.errors import CloudError, Problem

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Subject:
    """What a question is about."""

    text: str
    """As notes name it, for example `instance types`."""
    permission: str
    """The action that RAM has to allow, for example `ecs:DescribeAvailableResource`."""


@dataclass(eq=False)
class Question(Generic[T]):
    """A question under way."""

    subject: Subject
    _future: Future[T]

    def answer(self) -> T | None:
        """Return the answer, or None if there is none."""
        return None if self._future.exception() is not None else self._future.result()

    @property
    def refusal(self) -> CloudError | None:
        """Why there is no answer."""
        error = self._future.exception()
        return error if isinstance(error, CloudError) else None


@dataclass(eq=False)
class Questions:
    """The questions of one run; the `executor` decides how many are under way at once."""

    executor: Executor
    _asked: list[Question[Any]] = field(default_factory=list)

    def ask(self, subject: Subject, call: Callable[..., T], *arguments: Any, **options: Any) -> Question[T]:
        """Begin to ask; a `call` that fails with a CloudError has no answer."""
        question = Question(subject, self.executor.submit(_read, call, *arguments, **options))
        self._asked.append(question)
        return question

    def notes(self, reference: str) -> Iterator[Problem]:
        """Yield a note for each permission with unanswered questions; they are those of the object `reference`."""
        unanswered: dict[str, tuple[list[str], CloudError]] = {}
        for question in self._asked:
            refusal = question.refusal
            if refusal is not None:
                texts, _ = unanswered.setdefault(question.subject.permission, ([], refusal))
                texts.append(question.subject.text)
        for permission, (texts, refusal) in unanswered.items():
            about = " and ".join(dict.fromkeys(texts))
            fix = f"allow {permission}" if is_forbidden(refusal) else "nothing has to be done"
            yield Problem(
                reference,
                "",
                "NotChecked",
                f"before anything is built, {about} cannot be checked: {refusal}",
                f"{fix}; the run goes on, and the cloud refuses what it does not have",
            )


def answer_of(question: Question[T] | None) -> T | None:
    """Return the answer to a question; None if it was not asked or not answered."""
    return None if question is None else question.answer()


def is_forbidden(error: CloudError) -> bool:
    """Return whether the credentials may not ask."""
    return error.cloud_code.startswith(("Forbidden", "NoPermission", "Unauthorized"))


def _read(call: Callable[..., T], *arguments: Any, **options: Any) -> T:
    """Return what a call gives; an answer of another shape than the documents say counts as none."""
    try:
        return call(*arguments, **options)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise CloudError(f"the answer has another shape than expected ({type(error).__name__})") from error

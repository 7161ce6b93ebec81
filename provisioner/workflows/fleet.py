"""Fleet: one verb for several shoots, one after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from provisioner.errors import InterruptedRunError, ProvisionError
from provisioner.ids import TechnicalId
from provisioner.inputs import ShootInput
from provisioner.run.context import Context

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Done(Generic[Result]):
    """The verb has ended for a shoot."""

    technical_id: TechnicalId
    result: Result


@dataclass(frozen=True, slots=True)
class Failed:
    """The verb has failed for a shoot."""

    technical_id: TechnicalId
    error: ProvisionError


def run_each(
    context: Context, targets: Sequence[ShootInput], work: Callable[[Context, ShootInput], Result]
) -> Iterator[Done[Result] | Failed]:
    """
    Do `work` for every target and yield what came of each as soon as it has ended.

    One target's failure does not stop the others. A signal stops all.

    Raises:
        InterruptedRunError: a signal came.
    """
    for target in targets:
        technical_id = target.identity.technical_id
        if len(targets) > 1:
            context.reporter.step(technical_id)
        try:
            result = work(context, target)
        except InterruptedRunError:
            raise
        except ProvisionError as error:
            yield Failed(technical_id, error)
        else:
            yield Done(technical_id, result)

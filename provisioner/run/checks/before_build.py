"""
The checks before anything is built: what only the cloud knows about what a run adds or changes, all problems at once.

They run beside terraform's init and the first look. A run that adds and changes nothing asks nothing. A question
without an answer becomes a note.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Final

from provisioner.cloud import offer
from provisioner.errors import ManifestError, Problem
from provisioner.run.checks.additions import NewNetwork, find_new_network, find_new_pools, find_sizes
from provisioner.run.checks.fields import Fields
from provisioner.run.checks.questions import Question, Questions, Subject, answer_of
from provisioner.run.checks.quotas import QUOTA, MachineQuotas, NetworkQuotas
from provisioner.run.checks.sales import Sales
from provisioner.run.session import Session
from provisioner.run.timing import timed
from provisioner.tfstate import State

_AT_ONCE: Final = 20
"""Enough for all questions of a run, so that together they take as long as the slowest."""
_GATEWAY_ZONES: Final = Subject("zones for Enhanced NAT gateways", "vpc:ListEnhanhcedNatGatewayAvailableZones")


@dataclass(frozen=True, slots=True)
class Findings:
    """What the checks found."""

    errors: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()
    """Also the notes about what could not be checked."""

    def with_errors(self, errors: Iterable[Problem]) -> Findings:
        """Return the findings behind other errors."""
        return replace(self, errors=(*errors, *self.errors))

    def require_possible(self) -> None:
        """
        Do nothing if there is no error.

        Raises:
            ManifestError: there are errors; its codes tell whether a quota is the reason.
        """
        if not self.errors:
            return
        of_quota = [problem.type == QUOTA for problem in self.errors]
        codes = {"ERR_INFRA_QUOTA_EXCEEDED"} if any(of_quota) else set()
        raise ManifestError(self.errors, codes=codes if all(of_quota) else {*codes, "ERR_CONFIGURATION_PROBLEM"})


class BeforeBuild:
    """
    The checks of one run.

    The states are those of the two roots before the run; `current_sizes` gives the sizes of existing groups by id. In a
    run whose states may lack objects that exist already, `is_incomplete`, a quota that does not suffice is no error:
    these objects may be what uses it up.
    """

    def __init__(
        self,
        session: Session,
        infrastructure_state: State,
        worker_state: State,
        current_sizes: Callable[[], Mapping[str, int]],
        *,
        is_incomplete: bool,
    ) -> None:
        target = session.target
        self._session = session
        self._fields = Fields(target)
        self._current_sizes = current_sizes
        self._is_incomplete = is_incomplete
        self._network = find_new_network(target, infrastructure_state)
        self._pools = find_new_pools(target, worker_state)
        self._sizes = find_sizes(target, worker_state)

    @property
    def has_work(self) -> bool:
        """Whether the run adds or changes anything that is checked here."""
        return bool(self._network) or bool(self._pools) or any(size.grows for size in self._sizes)

    def look(self) -> Findings:
        """Ask the cloud, and return everything that was found; nothing if there is nothing to ask."""
        if not self.has_work:
            return Findings()
        client, target = self._session.client, self._session.target
        with timed("check what is added"), ThreadPoolExecutor(max_workers=_AT_ONCE) as executor:
            questions = Questions(executor)
            zones: Question[set[str]] | None = None
            # In the order of the answer: all are under way before the first one is waited for.
            parts: list[Iterator[tuple[Problem, bool]]] = []
            if self._network:
                if self._network.has_gateway:
                    zones = questions.ask(_GATEWAY_ZONES, offer.enhanced_nat_zones, client)
                parts += [
                    self._gateway_problems(self._network, zones),
                    NetworkQuotas(questions, client, self._network, self._fields).problems(),
                ]
            parts += [
                Sales(questions, client, self._pools, self._fields).problems(),
                MachineQuotas(questions, client, target, self._sizes, self._current_sizes).problems(),
            ]
            found = [one for part in parts for one in part]
            notes = tuple(questions.notes(self._fields.shoot))
        errors = tuple(problem for problem, is_error in found if is_error and not self._is_doubtful(problem))
        warnings = tuple(problem for problem, is_error in found if not is_error or self._is_doubtful(problem))
        return Findings(errors, (*warnings, *notes))

    def _is_doubtful(self, problem: Problem) -> bool:
        return self._is_incomplete and problem.type == QUOTA

    def _gateway_problems(
        self, network: NewNetwork, question: Question[set[str]] | None
    ) -> Iterator[tuple[Problem, bool]]:
        """
        Yield a problem if the first zone, where the gateway will be, has no Enhanced NAT gateways.

        Source: the check before each reconcile in gardener-extension-provider-alicloud pkg/controller/infrastructure,
        for existing VPCs there, read 2026-07.
        """
        possible = answer_of(question)
        if not possible:
            return
        first, (position, _) = next(iter(network.config.networks.distinct_zones.items()))
        if first not in possible:
            detail = f"no Enhanced NAT gateway can be created in {first}, only in {', '.join(sorted(possible))}"
            path = self._fields.network(f"zones[{position}].name")
            yield Problem(self._fields.infrastructure, path, "Invalid", detail, "begin with another zone"), True

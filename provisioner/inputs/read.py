"""From manifests to the shoots they ask for, when the manifests keep the rules."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

from provisioner.api.core_v1beta1 import Shoot
from provisioner.api.secret_names import environment_key
from provisioner.errors import ManifestError, Problem
from provisioner.inputs.resolve import resolve_shoots
from provisioner.inputs.shoot_input import ShootInput
from provisioner.manifests import Manifests


def read_shoots(
    manifests: Manifests,
    environ: Mapping[str, str],
    warn: Callable[[Problem], None],
    *,
    checks: bool = True,
    has_state: bool = False,
    now: datetime | None = None,
) -> list[ShootInput]:
    """
    Return the shoots that manifests ask for; `environ` may have the credentials that they lack.

    With `checks`, every rule of `provision validate` has to hold; without, only the shoot's identity is needed. A verb
    that `has_state` decides itself about problems that the applied shoot may have had before, about those of a new
    shoot alone, and about the images of its pools. Images expire by the time `now`, which is the machine's unless
    given.

    Raises:
        ManifestError: with every problem found.
    """
    if not checks:
        if manifests.errors:
            raise ManifestError(manifests.errors)
        for problem in manifests.skipped:
            warn(problem)
        return resolve_shoots(manifests, environ, to_destroy=True, warn=warn)
    from provisioner.validation import validate  # only where it is needed: half of a short command's time

    now = now or datetime.now(UTC)
    findings = validate(manifests, now=now, has_credentials=environment_key(environ) is not None)
    for warning in findings.warnings if has_state else (*findings.warnings, *findings.choices):
        warn(warning)
    undecided, of_new = (findings.undecided, _of_shoots(manifests, findings.of_new)) if has_state else ((), ())
    if findings.notes or set(findings.errors) - {*undecided, *of_new}:
        raise ManifestError((*findings.errors, *findings.notes))
    undecided = tuple(problem for problem in undecided if problem not in set(of_new))
    for shoot in manifests.shoots:
        if shoot.is_workerless:
            warn(_nothing_to_provision(shoot))
    shoots = resolve_shoots(manifests, environ, undecided=undecided if has_state else None, of_new=of_new, now=now)
    # What is about no shoot, but about its bucket, the state does not decide.
    decided = {problem for shoot in shoots for problem in shoot.undecided}
    for problem in undecided:
        if problem not in decided:
            warn(problem)
    return shoots


def _of_shoots(manifests: Manifests, problems: Sequence[Problem]) -> tuple[Problem, ...]:
    """Return the problems that are about a shoot: its state knows whether it exists."""
    objects = {item.reference for item in (*manifests.shoots, *manifests.infrastructures, *manifests.workers)}
    return tuple(problem for problem in problems if problem.object in objects)


def _nothing_to_provision(shoot: Shoot) -> Problem:
    detail = "there is nothing to provision: a Shoot without workers has neither machines nor infrastructure"
    fix = "what it had before, if it had workers, stays as it is; `provision destroy` removes that"
    return Problem(shoot.reference, "spec.provider.workers", "NothingToProvision", detail, fix)

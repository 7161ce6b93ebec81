"""The JSON documents of results, and a document as JSON or YAML."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from provisioner.api.text import is_printable
from provisioner.errors import CloudError, Problem, ProvisionError
from provisioner.reports.text import error_notes, to_ascii, to_lines

if TYPE_CHECKING:
    from pathlib import Path

    from provisioner.api.alicloud_v1alpha1 import InfrastructureStatus, WorkerStatus
    from provisioner.cloud import CloudResource
    from provisioner.run.adoption.ownership import Claim
    from provisioner.run.rolling import Roll
    from provisioner.run.shoot_status import ShootStatus
    from provisioner.runner import Change, Plan
    from provisioner.workflows.adopt import Found
    from provisioner.workflows.apply import Applied
    from provisioner.workflows.destroy import Destroyed
    from provisioner.workflows.plan import Planned
    from provisioner.workflows.render import Rendered


def to_json(document: Any) -> str:
    """Return a document as indented JSON with a newline at the end."""
    return to_ascii(json.dumps(document, indent=2)) + "\n"  # valid whatever the encoding of standard output


def to_yaml(document: Any) -> str:
    """Return a document as YAML in the order of its keys, with what is not printable escaped as YAML does it."""
    import yaml

    text: str = yaml.dump(document, Dumper=_yaml_dumper(), sort_keys=False, allow_unicode=True, width=120)
    # The dumper leaves some of it as it is (U+202E); by now that stands between double quotes alone.
    return to_lines(text.removesuffix("\n").split("\n"))


@cache
def _yaml_dumper() -> type[Any]:
    import yaml

    class Dumper(yaml.SafeDumper):
        """Writes text that is not printable between double quotes: only there has YAML escapes for it."""

        def represent_text(self, text: str) -> yaml.Node:
            return self.represent_scalar("tag:yaml.org,2002:str", text, None if is_printable(text) else '"')

    Dumper.add_representer(str, Dumper.represent_text)
    return Dumper


def without_empty(value: Any) -> Any:
    """Return a document without empty lists and mappings, as Kubernetes writes objects."""
    if isinstance(value, dict):
        return {name: without_empty(item) for name, item in value.items() if item not in ({}, [])}
    if isinstance(value, list):
        return [without_empty(item) for item in value]
    return value


def error_document(error: ProvisionError) -> dict[str, Any]:
    """Return an error, with Gardener's codes."""
    document: dict[str, Any] = {
        "type": error.problem.type,
        "message": str(error),
        "problems": [_problem(problem) for problem in error.problems],
        "notes": error_notes(error),
        "codes": list(error.codes),
        "retryable": error.is_retryable,
    }
    if isinstance(error, CloudError):
        document |= {"cloudCode": error.cloud_code, "requestId": error.request_id}
    return document


def failure_document(error: ProvisionError, technical_id: str = "") -> dict[str, Any]:
    """Return what a command says instead of a result; of which shoot, if there are several."""
    return {**({"technicalID": technical_id} if technical_id else {}), "error": error_document(error)}


def one_or_all(documents: Sequence[dict[str, Any]], *, is_one: bool) -> dict[str, Any]:
    """Return the document of a command's only shoot, or of all of its shoots."""
    return documents[0] if is_one else {"items": list(documents)}


def validation_document(
    errors: Iterable[Problem], warnings: Iterable[Problem], notes: Iterable[Problem]
) -> dict[str, Any]:
    """Return what a validation found."""
    found = [_problem(problem) for problem in errors]
    return {
        "valid": not found,
        "errors": found,
        "warnings": [_problem(problem) for problem in warnings],
        "notes": [_problem(problem) for problem in notes],
    }


def _problem(problem: Problem) -> dict[str, str]:
    return {
        "object": problem.object,
        "path": problem.path,
        "type": problem.type,
        "detail": problem.detail,
        "fix": problem.fix,
    }


def rendered_document(result: Rendered, folder: Path) -> dict[str, Any]:
    """Return what was rendered into a folder."""
    return {
        "technicalID": result.technical_id,
        "folder": str(folder),
        "files": sorted(result.files),
        "userDataSHA256": result.user_data_sha256,
    }


def planned_document(result: Planned) -> dict[str, Any]:
    """Return what an apply would change."""
    return {
        "technicalID": result.technical_id,
        "hasChanges": result.has_changes,
        "rolls": [_roll(roll) for roll in result.rolls],
        **_plans(result.infrastructure, result.worker),
    }


def _roll(roll: Roll) -> dict[str, Any]:
    document = {
        "pool": roll.pool,
        "zone": roll.zone,
        "machines": roll.machines,
        "outdated": roll.outdated,
        "scalingGroupID": roll.group_id,
    }
    return document if roll.task is None else {**document, "task": roll.task}


def _plans(infrastructure: Plan | None, worker: Plan | None) -> dict[str, Any]:
    """Return the plans by root module; one that was not made is left out."""
    plans = {"infrastructure": infrastructure, "worker": worker}
    return {root: _plan(plan) for root, plan in plans.items() if plan is not None}


def _plan(plan: Plan) -> dict[str, Any]:
    return {
        "hasChanges": plan.has_changes,
        "changes": [_change(change) for change in plan.changes],
        "drift": [_change(change) for change in plan.drift],
    }


def _change(change: Change) -> dict[str, str]:
    document = {"address": change.address, "action": change.action}
    return {**document, "reason": change.reason} if change.reason else document


def applied_document(result: Applied) -> dict[str, Any]:
    """Return what an apply led to."""
    return {
        **shoot_status_document(result.status),
        "entryName": result.entry_name,
        "changed": result.changed,
        "adopted": _recorded(result.adopted),
        "rolling": [_roll(roll) for roll in result.rolling],
        "unproven": [_resource(resource) for resource in result.unproven],
    }


def shoot_status_document(status: ShootStatus) -> dict[str, Any]:
    """Return what is applied of a shoot."""
    return {
        "technicalID": status.technical_id,
        "infrastructureStatus": _provider_status(status.infrastructure),
        "workerStatus": _provider_status(status.worker),
        "egressCIDRs": status.egress_cidrs,
        "machineDeployments": status.machine_deployments,
    }


def status_manifests(status: ShootStatus) -> list[dict[str, Any]]:
    """Return InfrastructureStatus and WorkerStatus as manifests, which a Worker's spec takes as they are."""
    documents = (_provider_status(status.infrastructure), _provider_status(status.worker))
    return [document for document in documents if document is not None]


def _provider_status(status: InfrastructureStatus | WorkerStatus | None) -> dict[str, Any] | None:
    """Return a provider status with its JSON names, without what is unset; None stays None."""
    if status is None:
        return None
    document: dict[str, Any] = without_empty(status.model_dump(mode="json", by_alias=True, exclude_none=True))
    return document


def destroyed_document(result: Destroyed) -> dict[str, Any]:
    """Return what a destroy took away."""
    return {
        "technicalID": result.technical_id,
        "entryName": result.entry_name,
        "destroyed": result.destroyed,
        "gone": result.gone,
        "adopted": _recorded(result.adopted),
        "unproven": [_resource(resource) for resource in result.unproven],
        "loadBalancers": [{"id": balancer.id, "name": balancer.name} for balancer in result.load_balancers],
    }


def _recorded(claims: Iterable[Claim]) -> list[dict[str, str]]:
    return [{"type": claim.resource.type, "id": claim.resource.id, "address": str(claim.address)} for claim in claims]


def found_document(result: Found) -> dict[str, Any]:
    """Return what the cloud holds beyond the states."""
    return {
        "technicalID": result.technical_id,
        "entryName": result.entry_name,
        "recorded": result.is_recorded,
        "found": [
            {
                **_resource(claim.resource),
                "address": str(claim.address),
                "root": claim.root,
                "proof": claim.proof,
                "surplus": claim.is_surplus,
            }
            for claim in result.claims
        ],
        "leftAlone": [_resource(stranger) for stranger in result.strangers],
        "doubles": [
            {**_resource(extra.resource), "address": str(extra.address), "reason": extra.reason}
            for extra in result.surplus
        ],
        **_plans(result.infrastructure, result.worker),
    }


def _resource(resource: CloudResource) -> dict[str, str]:
    return {"type": resource.type, "id": resource.id, "name": resource.name}

"""
Rules for a ControlPlaneConfig, in a Shoot, in a ControlPlane, or on its own.

The extension reads it leniently, and what it does not know has no effect. Here that is an error of a new object.

Source: gardener-extension-provider-alicloud pkg/apis/alicloud/validation/controlplane.go,
pkg/apis/alicloud/v1alpha1/types_controlplane.go and pkg/admission/validator/shoot.go, read 2026-11.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from provisioner.api.alicloud_v1alpha1 import ControlPlaneConfig, LenientModel
from provisioner.api.text import known_or_near, show_name
from provisioner.errors import Problem
from provisioner.validation.findings import Rule, Subject

_RETIRED = "zone"


@dataclass(eq=False, repr=False)
class ControlPlaneSubject(Subject):
    """A ControlPlaneConfig."""

    path: str
    """Where it is, ending in a dot; empty when it is a document of its own."""
    config: ControlPlaneConfig
    kubernetes_version: str
    """Of the shoot; empty when the input does not say."""


def check_known_fields(subject: ControlPlaneSubject) -> Iterator[Problem]:
    """Yield a problem for each unknown field: the extension passes over it without a word."""
    config = subject.config
    parts: tuple[tuple[str, LenientModel | None], ...] = (
        ("", config),
        ("cloudControllerManager.", config.cloud_controller_manager),
        ("csi.", config.csi),
    )
    for path, part in parts:
        if part is None:
            continue
        for name in part.model_extra or ():
            if not path and name == _RETIRED:
                continue
            known = [field.alias or key for key, field in type(part).model_fields.items()]
            place = f"{subject.path}{path}{show_name(name)}"
            yield subject.problem(place, "Forbidden", "is not a known field", known_or_near(name, known))


def check_retired_fields(subject: ControlPlaneSubject) -> Iterator[Problem]:
    """Yield a problem if the configuration has a field that the extension once had, and passes over today."""
    if _RETIRED in (subject.config.model_extra or {}):
        detail = "is a field of older versions and has no effect"
        yield subject.problem(f"{subject.path}{_RETIRED}", "Forbidden", detail, "remove it")


def check_feature_gates(subject: ControlPlaneSubject) -> Iterator[Problem]:
    """
    Yield a problem for each feature gate that is none, or that the shoot's Kubernetes does not take. Kubernetes newer
    than the table may have more.

    Source: gardener pkg/utils/validation/features/featuregates.go (ValidateFeatureGates), read 2026-11.
    """
    manager = subject.config.cloud_controller_manager
    if manager is None or not manager.feature_gates:
        return
    from provisioner.gardener.feature_gates import judge_feature_gate  # only here: hardly any shoot has one

    for name, value in manager.feature_gates.items():
        judgement = judge_feature_gate(name, value, subject.kubernetes_version)
        if judgement is not None:
            is_known, detail, fix = judgement
            path = f"{subject.path}cloudControllerManager.featureGates.{show_name(name)}"
            yield subject.problem(path, "Forbidden" if is_known else "Invalid", detail, fix)


CONTROL_PLANE_RULES: tuple[Rule[ControlPlaneSubject], ...] = (
    # An API server has checked existing objects; an update of Kubernetes can leave a gate behind.
    Rule(check_known_fields, in_schema="yes", is_beyond_gardener=True),
    Rule(check_feature_gates, in_schema="fields", is_beyond_gardener=True),
)

RETIRED_FIELD_RULES: tuple[Rule[ControlPlaneSubject], ...] = (
    Rule(check_retired_fields, in_schema="yes", is_beyond_gardener=True),
)
"""For subjects that always count as existing: such a field is worth a warning."""

"""
Rules for the labels, annotations, taints and node templates of a worker pool.

Source: gardener pkg/api/core/validation/shoot.go (ValidateWorker, validateTaints), read 2026-11.
"""

from __future__ import annotations

from collections.abc import Iterator

from provisioner.api.text import show, show_list, show_name
from provisioner.errors import Problem
from provisioner.gardener.node_labels import INSTANCE_TAG_LIMIT, gardenlet_labels, untaggable_labels
from provisioner.validation.findings import Rule
from provisioner.validation.names import check_label_value, check_qualified_name
from provisioner.validation.pools import PoolsSubject
from provisioner.validation.quantities import check_quantity
from provisioner.validation.repeated import find_repeated

_RESERVED_TAINT = "node.gardener.cloud/critical-components-not-ready"
_EFFECTS = ("NoSchedule", "PreferNoSchedule", "NoExecute")
_MOST_ANNOTATION_BYTES = 256 * 1024
"""All keys and values of an object together (k8s.io/apimachinery pkg/api/validation, read 2026-11)."""


def check_labels(subject: PoolsSubject) -> Iterator[Problem]:
    """Yield a problem for each label that Kubernetes would not accept."""
    for pool in subject.pools:
        for key, value in pool.labels.items():
            yield from check_qualified_name(subject, f"{pool.path}.labels", key)
            yield from check_label_value(subject, f"{pool.path}.labels[{show_name(key)}]", value)


def check_tags(subject: PoolsSubject) -> Iterator[Problem]:
    """
    Yield a problem for each pool with labels that its machines cannot carry as tags.

    Source: API document of TagResources (Ecs 2014-05-26): at most 20 tags, reserved prefixes, read 2026-11.
    """
    for pool in subject.pools:
        left_out = untaggable_labels({**gardenlet_labels(pool.name, pool.architecture), **pool.labels})
        if left_out:
            detail = (
                f"labels with values become tags of the machines, but these cannot: {show_list(left_out)}; ECS takes "
            )
            detail += f"{INSTANCE_TAG_LIMIT} tags with ours, and none that begins with aliyun or acs: (TagResources)"
            fix = "remove labels; the machines of a running pool do not get these tags"
            yield subject.problem(f"{pool.path}.labels", "TooMany", detail, fix)


def check_annotations(subject: PoolsSubject) -> Iterator[Problem]:
    """Yield a problem for each annotation that Kubernetes would not accept, and if together they are too large."""
    for pool in subject.pools:
        path = f"{pool.path}.annotations"
        for key in pool.annotations:
            yield from check_qualified_name(subject, path, key, is_annotation=True)
        size = sum(len(text.encode("utf-8", "replace")) for item in pool.annotations.items() for text in item)
        if size > _MOST_ANNOTATION_BYTES:
            yield subject.problem(path, "TooLong", f"{size} bytes, the limit is {_MOST_ANNOTATION_BYTES}")


def check_taints(subject: PoolsSubject) -> Iterator[Problem]:
    """Yield a problem for each taint that Kubernetes would not accept, or that is there twice."""
    for pool in subject.pools:
        again = find_repeated((taint.key, taint.effect) for taint in pool.taints)
        for index, taint in enumerate(pool.taints):
            path = f"{pool.path}.taints[{index}]"
            yield from check_qualified_name(subject, f"{path}.key", taint.key)
            yield from check_label_value(subject, f"{path}.value", taint.value or "")
            if taint.key == _RESERVED_TAINT:
                detail = f"{show(taint.key)} is kept for Gardener, which puts it on new nodes for a while"
                yield subject.problem(f"{path}.key", "Forbidden", detail, "choose another key")
            if taint.effect not in _EFFECTS:
                detail = f"{show(taint.effect)} is not an effect; there are {show_list(_EFFECTS)}"
                yield subject.problem(f"{path}.effect", "NotSupported", detail)
            if index in again:
                detail = f"key {show(taint.key)} with effect {show(taint.effect)} is also taints[{again[index]}]"
                yield subject.problem(path, "Duplicate", detail, "keep one of them")


def check_node_template(subject: PoolsSubject) -> Iterator[Problem]:
    """Yield a problem for each resource of a node template whose amount is no quantity."""
    for pool in subject.pools:
        for name, amount in (pool.node_template.capacity if pool.node_template else {}).items():
            yield from check_quantity(subject, f"{pool.path}.nodeTemplate.capacity.{show_name(name)}", amount)


NODE_RULES: tuple[Rule[PoolsSubject], ...] = (
    # An API server has checked existing objects; whatever it accepted must stay reconcilable.
    Rule(check_labels, in_schema="yes", is_beyond_gardener=True),
    Rule(check_tags, in_schema="computed", is_beyond_gardener=True),
    Rule(check_annotations, in_schema="partly", is_beyond_gardener=True),
    Rule(check_taints, in_schema="partly", is_beyond_gardener=True),
    Rule(check_node_template, in_schema="yes"),
)

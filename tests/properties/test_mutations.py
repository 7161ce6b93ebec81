"""
A small mistake in valid manifests is noticed, wherever it is; what may be missing is as if its default were there.

`make mutations` tries five thousand; here is a part of them.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import islice

import pytest
from pydantic import BaseModel

from provisioner.api.model import StrictModel
from provisioner.manifests.field_names import catalogue
from provisioner.manifests.objects import KINDS
from tests.properties.full_objects import LEFT_OUT
from tests.properties.mutations import SETS, mutations, run
from tests.properties.schema_paths import models_in, places

MUTATIONS = 150


@pytest.mark.parametrize("seed", range(3))
def test_small_mistakes_are_noticed(seed: int) -> None:
    part = islice(mutations(random.Random(f"part {seed}")), MUTATIONS // 3)
    assert [f"{mutation}: {why}" for mutation in part if (why := run(mutation))] == []


def test_the_manifests_have_every_field_that_gardener_has() -> None:
    types = catalogue().types
    known = {f"{name}.{field}" for name, fields in types.items() for field in fields}
    waiting = [catalogue().kinds[kind] for kind in KINDS if kind in catalogue().kinds]
    reachable: set[str] = set()
    while waiting:
        name = waiting.pop().lstrip("[{")
        if name in types and name not in reachable:
            reachable.add(name)
            waiting += types[name].values()
    there = {place.type for objects in SETS.values() for item in objects() for place in places(item)}
    missing = {field for field in known if field.rpartition(".")[0] in reachable} - there
    # What belongs to a field that is left out is left out with it.
    assert missing - set(LEFT_OUT) <= {"InPlaceUpdates.supported", "InPlaceUpdates.minVersionForUpdate"}


def test_the_manifests_have_every_field_of_the_providers_configurations() -> None:
    there = {place.type for objects in SETS.values() for item in objects() for place in places(item)}
    for kind in KINDS.values():
        for model in below(kind.model):
            if issubclass(model, StrictModel):
                assert {field.alias or name for name, field in model.model_fields.items()} <= there


def below(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
    """Yield a model and all models in it."""
    yield model
    for field in model.model_fields.values():
        for inner in models_in(field.annotation):
            yield from below(inner)

"""Kubernetes versions on offer, for shoots and pools that exist."""

from __future__ import annotations

import copy

import pytest

from tests.unit.validation.example import Judge, Objects, pool, profile, shoot

VERSION, OF_POOL = "spec.kubernetes.version", "spec.provider.workers[0].kubernetes.version"
PAST = "2026-11-01T00:00:00Z"


@pytest.fixture
def new(objects: Objects) -> Objects:
    """Return the example as it is written by hand, with a version on offer, and one that has expired."""
    objects["Shoot"]["metadata"]["uid"] = objects["Shoot"].pop("status")["uid"]
    profile(objects)["kubernetes"]["versions"] = [{"version": "1.31.4"}, {"version": "1.31.5", "expirationDate": PAST}]
    return objects


def test_a_running_shoot_keeps_a_version_that_left_the_offer(judge: Judge, objects: Objects) -> None:
    shoot(objects)["kubernetes"]["version"] = "1.25.9"
    found = judge(objects)
    assert ([problem.path for problem in found.warnings], found.errors) == ([VERSION], ())


def test_an_unchanged_version_that_left_the_offer_is_a_warning(judge: Judge, new: Objects) -> None:
    shoot(new)["kubernetes"]["version"] = "1.30.0"
    found = judge(new, new)
    assert ([problem.path for problem in found.warnings], found.errors) == ([VERSION], ())


def test_a_shoot_may_move_forward_to_an_expired_version(judge: Judge, new: Objects) -> None:
    old = copy.deepcopy(new)
    shoot(new)["kubernetes"]["version"] = "1.31.5"
    assert judge(new, old).errors == ()


def test_a_new_shoot_may_not_begin_with_an_expired_version(judge: Judge, new: Objects) -> None:
    shoot(new)["kubernetes"]["version"] = "1.31.5"
    assert [problem.path for problem in judge(new).errors] == [VERSION]


def test_a_pool_may_move_forward_to_an_expired_version_and_not_begin_with_it(judge: Judge, new: Objects) -> None:
    shoot(new)["kubernetes"]["version"] = "1.31.6"
    pool(new)["kubernetes"] = {"version": "1.31.4"}
    old = copy.deepcopy(new)
    pool(new)["kubernetes"]["version"] = "1.31.5"
    assert judge(new, old).errors == ()
    pool(new)["name"] = "added"
    assert [problem.path for problem in judge(new, old).errors] == [OF_POOL]


def test_a_pool_without_a_version_has_the_shoots(judge: Judge, new: Objects) -> None:
    pool(new)["kubernetes"] = {"kubelet": {"maxPods": 100}}
    assert judge(new).errors == ()

"""The profile that a Shoot uses, and what may change about that: one change to the example, one problem."""

from __future__ import annotations

import copy

from tests.unit.validation.cases import (
    Accepted,
    Case,
    no_problem_each,
    no_problem_each_update,
    one_problem_each,
    one_problem_each_update,
)
from tests.unit.validation.example import POOL, SHOOT, Judge, Objects, pool, profile, shoot
from tests.unit.validation.overrides import NEW_IMAGE, OWN, both, config, image, mapped, pool_image, use, with_status

CASES = [
    Case(
        "a namespaced profile that is not there",
        both(use(), lambda o: o.pop("NamespacedCloudProfile")),
        SHOOT,
        "spec.cloudProfile.name",
        "Required",
        [
            'NamespacedCloudProfile "own" is not in the input in namespace "garden-demo"; there are none',
            "add the Namesp",
        ],
    ),
    Case(
        "a name that only a cloud profile has",
        lambda o: shoot(o).update(cloudProfile={"kind": "NamespacedCloudProfile", "name": "alicloud"}),
        SHOOT,
        "spec.cloudProfile.name",
        "Required",
        ["there are none", "add the NamespacedCloudProfile's manifest"],
    ),
    Case(
        "a name that only a namespaced profile has",
        both(use(), lambda o: shoot(o).update(cloudProfile={"kind": "CloudProfile", "name": "own"})),
        SHOOT,
        "spec.cloudProfile.name",
        "Required",
        ['CloudProfile "own" is not in the input; there are alicloud', "add the CloudProfile's manifest"],
    ),
    Case(
        "a misspelt namespaced profile",
        both(use(), lambda o: shoot(o)["cloudProfile"].update(name="owm")),
        SHOOT,
        "spec.cloudProfile.name",
        "Required",
        ["did you mean own?"],
    ),
    Case(
        "another project's namespaced profile",
        both(use(), lambda o: o["NamespacedCloudProfile"]["metadata"].update(namespace="garden-other")),
        SHOOT,
        "spec.cloudProfile.name",
        "Required",
        ['not in the input in namespace "garden-demo", only in garden-other', "the one of its own namespace"],
    ),
    Case(
        "no name",
        lambda o: shoot(o).update(cloudProfile={"kind": "NamespacedCloudProfile", "name": ""}),
        SHOOT,
        "spec.cloudProfile.name",
        "Required",
        ["is required; the input has none", "name the NamespacedCloudProfile"],
    ),
    Case(
        "a misspelt kind",
        both(use(), lambda o: shoot(o)["cloudProfile"].update(kind="NamespacedProfile")),
        SHOOT,
        "spec.cloudProfile.kind",
        "NotSupported",
        ['"NamespacedProfile" is not a kind of profile', "write CloudProfile or NamespacedCloudProfile"],
    ),
    Case(
        "the older field in a new kubernetes",
        lambda o: shoot(o).update(cloudProfile=None, cloudProfileName="alicloud", kubernetes={"version": "1.34.0"}),
        SHOOT,
        "spec.cloudProfileName",
        "Forbidden",
        ["Kubernetes 1.34 or later", "use spec.cloudProfile.name"],
    ),
    Case(
        "more machines than the limit",
        use(limits={"maxNodesTotal": 3}),
        SHOOT,
        "spec.provider.workers",
        "Forbidden",
        ["the pools have at least 4 machines together", "limit is 3"],
    ),
    Case(
        "an image that neither has",
        both(NEW_IMAGE, pool_image("1800.0.0")),
        SHOOT,
        f"{POOL}.machine.image",
        "NotSupported",
        ['"1800.0.0"', "1700.0.0"],
    ),
]

ACCEPTED = [
    Accepted("an image of the override", both(NEW_IMAGE, pool_image("15.6.0", "suse"))),
    Accepted("a version of the override", both(NEW_IMAGE, pool_image("1700.0.0"))),
    Accepted("an image of the parent", both(NEW_IMAGE, pool_image("1443.10.0"))),
    Accepted(
        "a machine type of the override",
        both(
            use(machineTypes=[{"name": "ecs.g8i.large", "cpu": "2", "memory": "8Gi"}]),
            lambda o: pool(o)["machine"].update(type="ecs.g8i.large"),
        ),
    ),
    Accepted(
        "a disk category of the override",
        both(
            use(volumeTypes=[{"name": "cloud_essd_xc1", "class": "premium"}]),
            lambda o: pool(o)["volume"].update(type="cloud_essd_xc1"),
        ),
    ),
    Accepted("as many machines as the limit", use(limits={"maxNodesTotal": 4})),
    Accepted("no namespace", both(use(), lambda o: o["NamespacedCloudProfile"]["metadata"].pop("namespace"))),
    Accepted("the status for the parent", both(use(), with_status(), lambda o: o.pop("CloudProfile"))),
    Accepted(
        "the older field in an older kubernetes",
        lambda o: shoot(o).update(cloudProfile=None, cloudProfileName="alicloud", kubernetes={"version": "1.33.9"}),
    ),
    Accepted("a kind left empty", lambda o: shoot(o)["cloudProfile"].update(kind="")),
]

test_a_bad_profile_gives_exactly_one_problem = one_problem_each(CASES)
test_a_good_profile_is_no_problem = no_problem_each(ACCEPTED)

REFUSED_UPDATES = [
    Case(
        "another cloud profile for the shoot",
        lambda o: (
            o.update(Other={**copy.deepcopy(o["CloudProfile"]), "metadata": {"name": "other"}}),
            shoot(o).update(cloudProfile={"name": "other"}),
        ),
        SHOOT,
        "spec.cloudProfile",
        "Forbidden",
        ['it was "alicloud", and would be "other"', "or a NamespacedCloudProfile of it"],
        use(),
    ),
]

ACCEPTED_UPDATES = [
    Accepted("from the parent to its override", use()),
    Accepted("from the override to its parent", lambda o: shoot(o).update(cloudProfile={"name": "alicloud"}), use()),
    Accepted(
        "an image id that goes to the override",
        lambda o: (
            use(
                machineImages=[image("gardenlinux", "1443.10.0", architectures=["amd64"])],
                providerConfig=config(mapped("gardenlinux", "1443.10.0")),
            )(o),
            profile(o)["machineImages"][0]["versions"].pop(1),
            profile(o)["providerConfig"]["machineImages"][0]["versions"].pop(1),
        ),
        both(use(), pool_image("1443.10.0")),
    ),
]

test_a_bad_change_of_profile_gives_exactly_one_problem = one_problem_each_update(REFUSED_UPDATES)
test_a_good_change_of_profile_is_no_problem = no_problem_each_update(ACCEPTED_UPDATES)


def test_a_region_is_not_that_of_the_override(judge: Judge, objects: Objects) -> None:
    both(use(), lambda o: shoot(o).update(region="cn-beijing"))(objects)
    details = [problem.detail for problem in judge(objects).errors if problem.path == "spec.region"]
    assert ['is not a region of NamespacedCloudProfile "own"' in detail for detail in details] == [True]


def test_a_shoot_is_silent_about_an_override_without_a_parent(judge: Judge, objects: Objects) -> None:
    both(use(), lambda o: o.pop("CloudProfile"))(objects)
    assert [problem.object for problem in judge(objects).errors] == [OWN]


def test_the_parents_own_limit_counts_too(judge: Judge, objects: Objects) -> None:
    profile(objects)["limits"] = {"maxNodesTotal": 3}
    del objects["Shoot"]["status"]
    assert [problem.path for problem in judge(objects).errors] == ["spec.provider.workers"]


def test_an_existing_shoot_beyond_the_limit_is_only_warned(judge: Judge, objects: Objects) -> None:
    profile(objects)["limits"] = {"maxNodesTotal": 3}
    findings = judge(objects)
    assert (findings.errors, [warning.path for warning in findings.warnings]) == ((), ["spec.provider.workers"])

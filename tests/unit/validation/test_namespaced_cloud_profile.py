"""NamespacedCloudProfiles and their parents: one change to the example, one problem."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from tests.unit.validation.cases import (
    Accepted,
    Case,
    no_problem_each,
    one_problem_each,
    one_problem_each_update,
)
from tests.unit.validation.example import POOL, SHOOT, Change, Judge, Objects, profile
from tests.unit.validation.overrides import (
    LATER,
    NEW_IMAGE,
    OWN,
    both,
    config,
    image,
    mapped,
    own,
    pool_image,
    use,
    with_status,
)

PEM = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
KUBERNETES = [{"version": "1.31.4"}]


def with_capabilities(objects: Objects) -> None:
    profile(objects)["machineCapabilities"] = [{"name": "architecture", "values": ["amd64", "arm64"]}]
    for offered in profile(objects)["machineImages"]:
        for version in offered["versions"]:
            version["capabilityFlavors"] = [{"architecture": ["amd64"]}]


def flavor(architecture: str, *regions: str) -> dict[str, Any]:
    found = [{"name": region, "id": f"m-{architecture}"} for region in regions]
    return {"capabilities": {"architecture": [architecture]}, "regions": found}


CASES = [
    Case(
        "no parent in the input",
        both(use(), lambda o: o.pop("CloudProfile")),
        OWN,
        "spec.parent.name",
        "Required",
        ['CloudProfile "alicloud" is not in the input; there are none', "with the status"],
    ),
    Case(
        "a misspelt parent",
        use(parent={"kind": "CloudProfile", "name": "aliclowd"}),
        OWN,
        "spec.parent.name",
        "Required",
        ["did you mean alicloud?"],
    ),
    Case(
        "a parent without a name",
        use(parent={"kind": "CloudProfile"}),
        OWN,
        "spec.parent.name",
        "Required",
        ["is required; the input has alicloud"],
    ),
    Case(
        "a parent of another kind",
        use(parent={"kind": "NamespacedCloudProfile", "name": "alicloud"}),
        OWN,
        "spec.parent.kind",
        "NotSupported",
        ['"NamespacedCloudProfile" cannot be a parent', "write CloudProfile"],
    ),
    Case(
        "an override without a date",
        use(machineImages=[image("gardenlinux", "1443.10.0")]),
        OWN,
        "spec.machineImages[0].versions[0].expirationDate",
        "Required",
        ['version "1443.10.0" of machine image "gardenlinux" is the parent\'s'],
    ),
    *(
        Case(
            f"an override of {field}",
            use(machineImages=[image("gardenlinux", "1443.10.0", expirationDate=LATER, **{field: value})]),
            OWN,
            f"spec.machineImages[0].versions[0].{field}",
            "Forbidden",
            ["only its expiration date can be changed", "remove it"],
        )
        for field, value in {
            "classification": "supported",
            "cri": [{"name": "containerd"}],
            "architectures": ["amd64"],
            "capabilityFlavors": [{"architecture": ["amd64"]}],
            "kubeletVersionConstraint": "< 1.33",
            "inPlaceUpdates": {"supported": True},
        }.items()
    ),
    Case(
        "an image id of the parent's version",
        use(providerConfig=config(mapped("gardenlinux", "1443.10.0"))),
        OWN,
        "spec.providerConfig.machineImages[0].versions[0]",
        "Forbidden",
        ['version "1443.10.0" of machine image "gardenlinux" is the parent\'s'],
    ),
    Case(
        "an image id of a version that is not offered",
        use(providerConfig=config(mapped("gardenlinux", "1700.0.0"))),
        OWN,
        "spec.providerConfig.machineImages[0].versions[0]",
        "Invalid",
        ["is not in spec.machineImages", "add it there"],
    ),
    Case(
        "a version without an image id",
        use(machineImages=[image("gardenlinux", "1700.0.0")], providerConfig=config()),
        OWN,
        "spec.machineImages[0].versions[0]",
        "Required",
        ['version "1700.0.0" of machine image "gardenlinux" has no image id', "providerConfig has versions none"],
    ),
    Case(
        "an image without any id",
        use(machineImages=[image("suse", "15.6.0")]),
        OWN,
        "spec.machineImages[0].versions[0]",
        "Required",
        ['"suse" has no image id'],
    ),
    Case(
        "an image id without regions",
        use(
            machineImages=[image("suse", "15.6.0")],
            providerConfig=config(mapped("suse", "15.6.0", regions=[])),
        ),
        OWN,
        "spec.providerConfig.machineImages[0].versions[0].regions",
        "Required",
        ["needs at least one region"],
    ),
    Case(
        "flavors under a parent without capabilities",
        use(
            machineImages=[image("suse", "15.6.0")],
            providerConfig=config(mapped("suse", "15.6.0", capabilityFlavors=[flavor("amd64", "eu-central-1")])),
        ),
        OWN,
        "spec.providerConfig.machineImages[0].versions[0].capabilityFlavors",
        "Forbidden",
        ["machineCapabilities"],
    ),
    Case(
        "a region that one flavor lacks",
        both(
            with_capabilities,
            use(
                machineImages=[image("suse", "15.6.0")],
                providerConfig=config(
                    mapped(
                        "suse",
                        "15.6.0",
                        capabilityFlavors=[
                            flavor("amd64", "eu-central-1", "cn-shanghai"),
                            flavor("arm64", "cn-shanghai"),
                        ],
                    )
                ),
            ),
        ),
        OWN,
        "spec.providerConfig.machineImages[0].versions[0].capabilityFlavors[1].regions",
        "Required",
        ["has no image id in eu-central-1"],
    ),
    Case(
        "a memory that is no quantity",
        use(machineTypes=[{"name": "ecs.g8i.large", "memory": "8GB"}]),
        OWN,
        "spec.machineTypes[0].memory",
        "Invalid",
        ['"8GB" is not a quantity'],
    ),
    Case(
        "a machine type twice",
        use(machineTypes=[{"name": "ecs.g8i.large"}, {"name": "ecs.g8i.large"}]),
        OWN,
        "spec.machineTypes[1].name",
        "Duplicate",
        ['"ecs.g8i.large" is also spec.machineTypes[0]'],
    ),
    Case(
        "a version twice",
        use(machineImages=[image("gardenlinux", "1443.10.0", "1443.10.0", expirationDate=LATER)]),
        OWN,
        "spec.machineImages[0].versions[1].version",
        "Duplicate",
        ['"1443.10.0" is also spec.machineImages[0].versions[0]'],
    ),
    Case(
        "a kubernetes version that the parent does not have",
        both(
            lambda o: profile(o).update(kubernetes={"versions": KUBERNETES}),
            use(kubernetes={"versions": [{"version": "1.31.5", "expirationDate": LATER}]}),
        ),
        OWN,
        "spec.kubernetes.versions[0].version",
        "NotSupported",
        ['"1.31.5" is not a Kubernetes version of the parent; there are 1.31.4'],
    ),
    Case(
        "a kubernetes version without a date",
        both(
            lambda o: profile(o).update(kubernetes={"versions": KUBERNETES}),
            use(kubernetes={"versions": KUBERNETES}),
        ),
        OWN,
        "spec.kubernetes.versions[0].expirationDate",
        "Required",
        ["give the date"],
    ),
    Case(
        "a kubernetes version with a classification",
        use(kubernetes={"versions": [{"version": "1.31.4", "expirationDate": LATER, "classification": "preview"}]}),
        OWN,
        "spec.kubernetes.versions[0].classification",
        "Forbidden",
        ["the parent decides it"],
    ),
    Case(
        "no machine allowed",
        use(limits={"maxNodesTotal": 0}),
        OWN,
        "spec.limits.maxNodesTotal",
        "Invalid",
        ["must be at least 1, but is 0"],
    ),
    Case("no certificate", use(caBundle="MIIB"), OWN, "spec.caBundle", "Invalid", ["is not a certificate in PEM"]),
]

ACCEPTED = [
    Accepted("nothing but a parent", use()),
    Accepted("a mapping of nothing", use(providerConfig=config())),
    Accepted("another date", use(machineImages=[image("gardenlinux", "1443.10.0", expirationDate=LATER)])),
    Accepted(
        "another date for kubernetes",
        both(
            lambda o: profile(o).update(kubernetes={"versions": KUBERNETES}),
            use(kubernetes={"versions": [{"version": "1.31.4", "expirationDate": LATER}]}),
        ),
    ),
    Accepted("a limit of nothing", use(limits={})),
    Accepted("a certificate", use(caBundle=PEM)),
    Accepted(
        "flavors in the same regions",
        both(
            with_capabilities,
            use(
                machineImages=[image("suse", "15.6.0")],
                providerConfig=config(
                    mapped(
                        "suse",
                        "15.6.0",
                        capabilityFlavors=[flavor("amd64", "eu-central-1"), flavor("arm64", "eu-central-1")],
                    )
                ),
            ),
        ),
    ),
]

test_a_bad_override_gives_exactly_one_problem = one_problem_each(CASES)
test_a_good_override_is_no_problem = no_problem_each(ACCEPTED)

REFUSED_UPDATES = [
    Case(
        "another parent",
        lambda o: (
            o.update(Other={**copy.deepcopy(o["CloudProfile"]), "metadata": {"name": "other"}}),
            own(o)["parent"].update(name="other"),
        ),
        OWN,
        "spec.parent.name",
        "Invalid",
        ['field is immutable: it was "alicloud", and would be "other"'],
        use(),
    ),
    Case(
        "a change during deletion",
        lambda o: (
            o["NamespacedCloudProfile"]["metadata"].update(deletionTimestamp="2026-11-30T12:00:00Z"),
            own(o).update(limits={"maxNodesTotal": 9}),
        ),
        OWN,
        "spec",
        "Forbidden",
        ["has been in deletion since"],
        use(),
    ),
]

test_a_bad_update_gives_exactly_one_problem = one_problem_each_update(REFUSED_UPDATES)


def test_an_image_id_in_use_that_goes_is_worth_a_warning(judge: Judge, objects: Objects) -> None:
    both(NEW_IMAGE, pool_image("1700.0.0"))(objects)
    old = copy.deepcopy(objects)
    own(objects)["machineImages"].pop(0)
    own(objects)["providerConfig"]["machineImages"].pop(0)
    lost = [warning.detail for warning in judge(objects, old).warnings if warning.object == OWN]
    assert [f"{SHOOT} {POOL} uses it" in detail for detail in lost] == [True]


@pytest.mark.parametrize(
    "change",
    [
        use(machineImages=[image("gardenlinux", "1443.10.0", architectures=["amd64"])]),
        use(providerConfig=config(mapped("gardenlinux", "1443.10.0"))),
        use(machineImages=[image("suse", "15.6.0")]),
        use(limits={"maxNodesTotal": 0}),
    ],
)
def test_an_existing_override_is_only_warned(judge: Judge, objects: Objects, change: Change) -> None:
    """Since it was made, the parent may have got what it added, or lost what it changed."""
    both(change, with_status())(objects)
    findings = judge(objects)
    assert (findings.errors, {warning.object for warning in findings.warnings}) == ((), {OWN})


def test_an_override_that_no_shoot_uses_is_checked_too(judge: Judge, objects: Objects) -> None:
    both(use(limits={"maxNodesTotal": 0}), lambda o: o.pop("Shoot"))(objects)
    assert [problem.path for problem in judge(objects).errors] == ["spec.limits.maxNodesTotal"]

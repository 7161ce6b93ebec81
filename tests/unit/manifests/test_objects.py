"""Plain data to models: types, unknown fields, kinds, and what a message may show."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from provisioner.errors import Problem
from provisioner.manifests import Manifests

Load = Callable[[str], Manifests]
Refuse = Callable[[str], tuple[Problem, ...]]

GONE = re.compile(r"[a-zA-Z]+: null,? ?")
"""A field that is null."""

SHOOT = """
apiVersion: core.gardener.cloud/v1beta1
kind: Shoot
metadata: {name: canary}
spec:
  region: eu-central-1
  provider:
    type: alicloud
    infrastructureConfig:
      apiVersion: alicloud.provider.extensions.gardener.cloud/v1alpha1
      kind: InfrastructureConfig
      networks:
        vpc: {cidr: 10.250.0.0/16}
        zones: [{name: eu-central-1a, workers: 10.250.0.0/19}]
    workers: [{name: general, machine: {type: ecs.g7.large}, minimum: 1, maximum: 2}]
"""


def replace(text: str, old: str, new: str) -> str:
    assert old in text
    return text.replace(old, new)


@pytest.mark.parametrize(
    ("old", "new", "path", "type_", "detail", "fix"),
    [
        (
            "region: eu-central-1",
            "region: 3",
            "spec.region",
            "Invalid",
            "must be text, not the number 3",
            "put it in quotes",
        ),
        ("  region: eu-central-1\n", "", "spec.region", "Required", "is required", ""),
        (
            "minimum: 1",
            'minimum: "1"',
            "spec.provider.workers[0].minimum",
            "Invalid",
            'must be a whole number, not the text "1"',
            "write it without quotes and without leading zeros",
        ),
        (
            "minimum: 1",
            "minimum: 1.0",
            "spec.provider.workers[0].minimum",
            "Invalid",
            'must be a whole number, not the text "1.0"',
            "",
        ),
        (
            "maximum: 2",
            "maximum: 99999999999",
            "spec.provider.workers[0].maximum",
            "Invalid",
            "must be at most 2147483647, not the number 99999999999",
            "",
        ),
        (
            "maximum: 2",
            "maximum: 2, maxSurge: [1]",
            "spec.provider.workers[0].maxSurge",
            "Invalid",
            "must be a whole number or a percentage such as 25%",
            "",
        ),
        (
            "maximum: 2",
            "maximum: 2, zones: eu-central-1a",
            "spec.provider.workers[0].zones",
            "Invalid",
            'must be a list, not the text "eu-central-1a"',
            "",
        ),
        (
            "maximum: 2",
            "maximum: 2, labels: {a.b/c: yes}",
            "spec.provider.workers[0].labels[a.b/c]",
            "Invalid",
            "must be text, not true",
            "put it in quotes",
        ),
        (
            "machine: {type: ecs.g7.large}",
            "machine: ecs.g7.large",
            "spec.provider.workers[0].machine",
            "Invalid",
            'must be a mapping, not the text "ecs.g7.large"',
            "",
        ),
        (
            "vpc: {cidr: 10.250.0.0/16}",
            "vpc: {cdir: 10.250.0.0/16}",
            "spec.provider.infrastructureConfig.networks.vpc.cdir",
            "Forbidden",
            "is not a known field",
            "did you mean cidr?",
        ),
        (
            "vpc: {cidr: 10.250.0.0/16}",
            "vpc: {id: vpc-1, gardenerManagedNatGateway: true}",
            "spec.provider.infrastructureConfig.networks.vpc.gardenerManagedNatGateway",
            "Forbidden",
            "is not a known field",
            "did you mean gardenerManagedNATGateway?",
        ),
        (
            "workers: 10.250.0.0/19",
            "workers: 10.250.0.0/19, bandwidth: 5",
            "spec.provider.infrastructureConfig.networks.zones[0].bandwidth",
            "Forbidden",
            "is not a known field",
            "known fields: name, workers, worker, natGateway, ipv6CidrBlock",
        ),
        (
            "kind: InfrastructureConfig",
            "kind: NetworkConfig",
            "spec.provider.infrastructureConfig.kind",
            "NotSupported",
            'the text "NetworkConfig" is not supported',
            "write InfrastructureConfig",
        ),
        (
            "      kind: InfrastructureConfig\n",
            "",
            "spec.provider.infrastructureConfig.kind",
            "Required",
            "is required",
            "",
        ),
        (
            "type: alicloud",
            "type: aws",
            "spec.provider.type",
            "NotSupported",
            '"aws" is not a supported provider type',
            "give alicloud objects only",
        ),
        (
            "core.gardener.cloud/v1beta1",
            "core.gardener.cloud/v1alpha1",
            "apiVersion",
            "NotSupported",
            '"core.gardener.cloud/v1alpha1" is not the supported version of Shoot',
            "write apiVersion: core.gardener.cloud/v1beta1",
        ),
        ("metadata: {name: canary}", "metadata: [canary]", "metadata", "Invalid", "must be a mapping, not a list", ""),
        (
            "metadata: {name: canary}",
            "metadata: {namespace: garden-demo}",
            "metadata.name",
            "Required",
            "is required",
            "every object needs a name",
        ),
        (
            "apiVersion: core.gardener.cloud/v1beta1\n",
            "",
            "apiVersion",
            "Required",
            "is required",
            "write apiVersion: core.gardener.cloud/v1beta1",
        ),
        ("kind: Shoot\n", "", "kind", "Required", "is required", "every manifest needs apiVersion and kind"),
        ("kind: Shoot\n", "kind: [Shoot]\n", "kind", "Invalid", "must be text, not a list", ""),
        (
            "kind: Shoot\n",
            "kind: Shot\n",
            "kind",
            "NotSupported",
            '"Shot" is not a kind of core.gardener.cloud/v1beta1',
            "did you mean Shoot?",
        ),
    ],
)  # fmt: skip
def test_a_wrong_field_is_named_with_its_path(  # noqa: PLR0917 - one column each
    refuse: Refuse, old: str, new: str, path: str, type_: str, detail: str, fix: str
) -> None:
    (problem,) = refuse(replace(SHOOT, old, new))
    assert (problem.path, problem.type, problem.detail, problem.fix) == (path, type_, detail, fix)


def test_every_wrong_field_of_every_object_is_reported(refuse: Refuse) -> None:
    text = SHOOT.replace("region: eu-central-1", "region: 3").replace("minimum: 1", "minimum: x")
    problems = refuse(f"{text}---\nkind: Worker\n---\n- a list\n")
    assert [problem.path for problem in problems] == [
        "spec.region",
        "spec.provider.workers[0].minimum",
        "apiVersion",
        "metadata.name",
        "spec",
        "",
    ]


def test_an_object_is_called_by_kind_and_name_and_otherwise_by_its_document(refuse: Refuse) -> None:
    problems = refuse(SHOOT.replace("region: eu-central-1", "region: 3") + "---\nkind: Worker\n")
    assert problems[0].object == "Shoot/canary"
    assert problems[1].object.endswith("manifest.yaml document 2")


def test_unknown_fields_of_foreign_objects_are_no_errors(load: Load) -> None:
    text = SHOOT.replace("  region:", "  brandNew: {a: [1]}\n  region:").replace(
        "{name: canary}", "{name: canary, managedFields: [{f:spec: {}}]}"
    )
    assert load(text).shoots[0].spec.region == "eu-central-1"


def test_versions_stay_text_as_written(load: Load) -> None:
    machine = "machine: {type: ecs.g7.large, image: {name: coreos, version: 1.20}}"
    image = (
        load(replace(SHOOT, "machine: {type: ecs.g7.large}", machine)).shoots[0].spec.provider.workers[0].machine.image
    )
    assert image is not None
    assert image.version == "1.20"


def test_null_means_absent(load: Load) -> None:
    workers = load(replace(SHOOT, "maximum: 2", "maximum: 2, zones: null, labels: null, volume: null")).shoots[0].spec
    pool = workers.provider.workers[0]
    assert (pool.zones, pool.labels, pool.volume) == ((), {}, None)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("  region: eu-central-1\n", "  region: eu-central-1\n  kubernetes: {version: null, kubelet: null}\n"),
        ("  region: eu-central-1\n", "  region: eu-central-1\n  networking: {type: null}\n"),
        ("type: alicloud\n", "type: alicloud\n    workersSettings: {sshAccess: {enabled: null}}\n"),
        ("type: ecs.g7.large}", "type: ecs.g7.large}, volume: {size: null}"),
        ("minimum: 1, ", "minimum: null, "),
        ("{name: canary}", "{name: canary, labels: null, finalizers: null}"),
    ],
)
def test_null_in_an_optional_field_is_the_same_as_no_field(load: Load, old: str, new: str) -> None:
    given, without = (load(replace(SHOOT, old, text)).shoots[0] for text in (new, GONE.sub("", new)))
    assert given.model_dump() == without.model_dump()


@pytest.mark.parametrize("place", ["metadata: {name: a, labels: {b: null}}", "metadata: {name: a, finalizers: [null]}"])
def test_null_in_a_map_or_list_is_no_absent_field(refuse: Refuse, place: str) -> None:
    (problem,) = refuse(f"apiVersion: core.gardener.cloud/v1beta1\nkind: Project\n{place}\n")
    assert problem.detail == "must be text, not null"


def test_objects_whose_parts_are_all_null_are_read(load: Load) -> None:
    core = "core.gardener.cloud/v1beta1"
    (project,) = load(f"apiVersion: {core}\nkind: Project\nmetadata: {{name: a}}\nspec: null\n").projects
    assert project.spec.namespace is None


@pytest.mark.parametrize(
    ("version", "kind", "text", "path"),
    [
        ("core.gardener.cloud/v1beta1", "SecretBinding", "", "secretRef"),
        ("core.gardener.cloud/v1beta1", "SecretBinding", "secretRef: {namespace: a}", "secretRef.name"),
        ("security.gardener.cloud/v1alpha1", "CredentialsBinding", "", "credentialsRef"),
        (
            "security.gardener.cloud/v1alpha1",
            "CredentialsBinding",
            "credentialsRef: {kind: Secret}",
            "credentialsRef.name",
        ),
    ],
)
def test_a_binding_has_to_name_its_credentials(refuse: Refuse, version: str, kind: str, text: str, path: str) -> None:
    (problem,) = refuse(f"apiVersion: {version}\nkind: {kind}\nmetadata: {{name: a}}\n{text}\n")
    assert (problem.path, problem.type) == (path, "Required")


def test_a_name_cannot_steer_the_terminal(refuse: Refuse) -> None:
    text = SHOOT.replace("name: canary", 'name: "a\\e[31m\\nb"').replace("region: eu-central-1", "region: 3")
    assert refuse(text)[0].object == "Shoot/a\\x1b[31m\\nb"


@pytest.mark.parametrize(
    "field",
    [
        "data: {accessKeySecret: '%hunter2%'}",
        "data: {accessKeySecret: 4711}",
        "data: [hunter2]",
        "data: hunter2",
        "stringData: {accessKeySecret: 4711}",
        "stringData: {accessKeySecret: [hunter2]}",
        "type: [hunter2]",
        "metadata: {name: s, labels: {a: 4711}}",
    ],
)
def test_a_wrong_secret_shows_none_of_its_values(refuse: Refuse, field: str) -> None:
    name = "" if field.startswith("metadata") else "metadata: {name: s}\n"
    text = "\n".join(str(problem) for problem in refuse(f"apiVersion: v1\nkind: Secret\n{name}{field}\n"))
    assert "hunter2" not in text
    assert "4711" not in text


def test_inline_user_data_is_not_shown_when_it_is_wrong(refuse: Refuse) -> None:
    text = """
apiVersion: extensions.gardener.cloud/v1alpha1
kind: Worker
metadata: {name: canary, namespace: shoot--demo--canary}
spec:
  type: alicloud
  region: eu-central-1
  pools: [{name: a, machineType: t, minimum: 1, maximum: 1, userData: 4711}]
"""
    (problem,) = refuse(text)
    assert str(problem) == "Worker/canary: spec.pools[0].userData: must be text, not a number; put it in quotes"


def test_a_cluster_must_carry_objects_of_the_right_kind(refuse: Refuse) -> None:
    text = """
apiVersion: extensions.gardener.cloud/v1alpha1
kind: Cluster
metadata: {name: shoot--demo--canary}
spec:
  shoot: {apiVersion: core.gardener.cloud/v1beta1, kind: CloudProfile, metadata: {name: canary}}
  cloudProfile: {apiVersion: core.gardener.cloud/v1, kind: CloudProfile, metadata: {name: alicloud}}
"""
    assert [(problem.path, problem.fix) for problem in refuse(text)] == [
        ("spec.shoot.kind", "write kind: Shoot"),
        ("spec.cloudProfile.apiVersion", "write apiVersion: core.gardener.cloud/v1beta1"),
    ]


def test_an_endless_list_is_refused(refuse: Refuse) -> None:
    zones = "zones: [" + "a, " * 20_001 + "]"
    problems = refuse(replace(SHOOT, "maximum: 2", f"maximum: 2, {zones}"))
    assert [(problem.path, problem.type, problem.detail) for problem in problems] == [
        ("spec.provider.workers[0].zones", "TooMany", "has more than 20000 items, the limit")
    ]


def test_thousands_of_problems_end_in_a_count(refuse: Refuse) -> None:
    workers = "workers: [" + ", ".join(["1"] * 500) + "]"
    old = "workers: [{name: general, machine: {type: ecs.g7.large}, minimum: 1, maximum: 2}]"
    problems = refuse(replace(SHOOT, old, workers))
    assert (len(problems), problems[-1].detail) == (101, "400 more problems like these")

"""What the nodes of a Shoot's pools carry: one change to the example, one problem or none."""

from __future__ import annotations

import pytest

from tests.unit.validation.cases import Accepted, Case, no_problem_each, one_problem_each
from tests.unit.validation.example import POOL, SHOOT, Judge, Objects, pool

TAINT = {"key": "a", "value": "b", "effect": "NoSchedule"}


CASES = [
    Case(
        "label with a blank",
        lambda o: pool(o).update(labels={"a b": "c"}),
        SHOOT,
        f"{POOL}.labels",
        "Invalid",
        ['"a b" has characters'],
    ),
    Case(
        "label with a wrong domain",
        lambda o: pool(o).update(labels={"Example_Org/a": "c"}),
        SHOOT,
        f"{POOL}.labels",
        "Invalid",
        ['"Example_Org/a"', "DNS subdomain"],
    ),
    Case(
        "label without a name",
        lambda o: pool(o).update(labels={"example.org/": "c"}),
        SHOOT,
        f"{POOL}.labels",
        "Invalid",
        ['"example.org/"'],
    ),
    Case(
        "label name over the limit",
        lambda o: pool(o).update(labels={"a" * 64: "c"}),
        SHOOT,
        f"{POOL}.labels",
        "TooLong",
        ["64 characters", "63"],
    ),
    Case(
        "label value over the limit",
        lambda o: pool(o).update(labels={"a": "c" * 64}),
        SHOOT,
        f"{POOL}.labels[a]",
        "TooLong",
        ["64 characters", "63"],
    ),
    Case(
        "labels that are no tags",
        lambda o: pool(o).update(labels={"aliyun.com/a": "b", "aliyun.com/empty": "", "aliyunish": "c"}),
        SHOOT,
        f"{POOL}.labels",
        "TooMany",
        ["these cannot: aliyun.com/a, aliyunish;", "20 tags", "TagResources"],
    ),
    Case(
        "more labels than tags",
        lambda o: pool(o).update(labels={f"label-{number:02}": "x" for number in range(13)}),
        SHOOT,
        f"{POOL}.labels",
        "TooMany",
        ["these cannot: label-12;"],
    ),
    Case(
        "label value with an end that is none",
        lambda o: pool(o).update(labels={"a": "c-"}),
        SHOOT,
        f"{POOL}.labels[a]",
        "Invalid",
        ['"c-"', "begin and end"],
    ),
    Case(
        "annotation with a blank",
        lambda o: pool(o).update(annotations={"a b": "anything goes here"}),
        SHOOT,
        f"{POOL}.annotations",
        "Invalid",
        ['"a b"'],
    ),
    Case(
        "annotations over the limit",
        lambda o: pool(o).update(annotations={"a": "x" * 262_144}),
        SHOOT,
        f"{POOL}.annotations",
        "TooLong",
        ["262145 bytes", "262144"],
    ),
    Case(
        "taint with an effect that is none",
        lambda o: pool(o).update(taints=[{**TAINT, "effect": "NoRun"}]),
        SHOOT,
        f"{POOL}.taints[0].effect",
        "NotSupported",
        ['"NoRun"', "NoSchedule, PreferNoSchedule, NoExecute"],
    ),
    Case(
        "taint with a wrong key",
        lambda o: pool(o).update(taints=[{**TAINT, "key": "a/b/c"}]),
        SHOOT,
        f"{POOL}.taints[0].key",
        "Invalid",
        ['"a/b/c"'],
    ),
    Case(
        "taint with a wrong value",
        lambda o: pool(o).update(taints=[{**TAINT, "value": "a b"}]),
        SHOOT,
        f"{POOL}.taints[0].value",
        "Invalid",
        ['"a b"'],
    ),
    Case(
        "taint twice",
        lambda o: pool(o).update(taints=[TAINT, {**TAINT, "value": "c"}]),
        SHOOT,
        f"{POOL}.taints[1]",
        "Duplicate",
        ['"a"', "taints[0]"],
    ),
]

ACCEPTED = [
    Accepted("label", lambda o: pool(o).update(labels={"example.org/A_b.c-1": "A_b.c-1", "d": ""})),
    Accepted("longest label", lambda o: pool(o).update(labels={f"{'d' * 253}/{'a' * 63}": "c" * 63})),
    Accepted("annotation", lambda o: pool(o).update(annotations={"example.org/a": "any text\n"})),
    Accepted("taints", lambda o: pool(o).update(taints=[TAINT, {"key": "a", "effect": "NoExecute"}])),
]

test_a_bad_node_gives_exactly_one_problem = one_problem_each(CASES)
test_a_good_node_is_no_problem = no_problem_each(ACCEPTED)


@pytest.mark.parametrize(
    ("amount", "types"),
    [
        ("4", []),
        ("500m", []),
        ("16Gi", []),
        ("1e3", []),
        (".5", []),
        ("-0", []),
        ("-1", ["Invalid"]),
        ("x", ["Invalid"]),
    ],
)
def test_a_node_template_has_quantities(judge: Judge, seed_objects: Objects, amount: str, types: list[str]) -> None:
    seed_objects["Worker"]["spec"]["pools"][0]["nodeTemplate"] = {"capacity": {"cpu": amount}}
    found_types = [problem.type for problem in judge(seed_objects).errors]
    assert found_types == types

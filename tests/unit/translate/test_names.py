import re

from hypothesis import given
from hypothesis import strategies as st

from provisioner.gardener.node_labels import untaggable_labels
from provisioner.translate.names import (
    cluster_tags,
    described_owner,
    fit_name,
    instance_tags,
    owner_description,
    owner_value,
)


def test_name_at_the_limit_is_kept():
    assert fit_name("a" * 64, 64) == "a" * 64


def test_name_over_the_limit_is_cut_and_ends_in_eight_hex_of_its_sha256():
    assert fit_name("a" * 65, 64) == "a" * 55 + "-635361c4"


@given(st.text(min_size=1), st.text(min_size=1), st.integers(min_value=10, max_value=128))
def test_different_names_stay_different(first, second, limit):
    assert (fit_name(first, limit) == fit_name(second, limit)) == (first == second)


@given(st.text(), st.integers(min_value=10, max_value=128))
def test_no_name_exceeds_its_limit(name, limit):
    assert len(fit_name(name, limit)) <= limit


def test_every_resource_carries_the_cluster_and_its_owner():
    assert cluster_tags("shoot--foo--bar", "shoot--foo--bar--uid") == {
        "kubernetes.io/cluster/shoot--foo--bar": "1",
        "provisioner/owner": "shoot--foo--bar--uid",
    }


@given(st.from_regex(r"[A-Za-z0-9]([-.A-Za-z0-9]*[A-Za-z0-9])?", fullmatch=True) | st.just("s" * 400))
def test_description_tells_the_owner_exactly_and_is_one_that_every_service_takes(entry):
    description = owner_description(entry)
    assert described_owner(description) == owner_value(entry)
    assert re.fullmatch(r"[A-Za-z][A-Za-z0-9_-]{2,255}", description)


@given(st.text())
def test_any_other_description_tells_no_owner(text):
    assert described_owner(text) is None


def test_labels_without_a_value_become_no_tags():
    assert "empty" not in instance_tags("shoot--foo--bar", "entry", {"empty": "", "full": "x"})


def test_a_label_cannot_claim_another_owner():
    assert instance_tags("c", "entry", {"provisioner/owner": "other"})["provisioner/owner"] == "entry"


def test_labels_that_ecs_takes_for_no_tag_are_left_out_and_named():
    labels = {"acs:x": "1", "see": "https://a", "aliyun.com/y": "1", "kept": "1"}
    assert untaggable_labels(labels) == ["acs:x", "aliyun.com/y", "see"]
    assert "acs:x" not in instance_tags("c", "entry", labels)


def test_there_is_room_for_the_revision_and_gardeners_labels_stay():
    labels = {f"label-{number:02}": "1" for number in range(40)} | {"worker.gardener.cloud/pool": "p"}
    tags = instance_tags("c", "entry", labels)
    assert (len(tags), tags["worker.gardener.cloud/pool"], tags["provisioner/owner"]) == (19, "p", "entry")
    assert len(untaggable_labels(labels)) == 25

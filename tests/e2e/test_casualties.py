"""Nothing that people rely on is replaced or deleted unless that is said to be meant."""

from __future__ import annotations

from tests.e2e.conftest import EXAMPLE
from tests.e2e.test_main_job import EXPECTED


def without_database(shoot):
    del shoot["spec"]["provider"]["workers"][1]


def test_whole_pool_is_deleted_only_with_the_flag(provision):
    provision.begin_applied(EXAMPLE)
    file = provision.write("less.yaml", without_database)
    planned = provision("plan", file)
    assert (planned.code, "worker pool database would be deleted" in planned.err) == (2, True)

    refused = provision("apply", file)
    assert (refused.code, "--allow-replace" in refused.err, provision.counts()) == (3, True, EXPECTED)

    provision.ok("apply", file, "--allow-replace")
    assert provision.counts()["scaling_group"] == EXPECTED["scaling_group"] - 2


def test_zone_of_a_pool_needs_no_flag(provision):
    provision.begin_applied(EXAMPLE)

    def in_one_zone(shoot):
        shoot["spec"]["provider"]["workers"][1]["zones"].pop()

    provision.ok("apply", provision.write("zone.yaml", in_one_zone))
    assert provision.counts()["scaling_group"] == EXPECTED["scaling_group"] - 1


def test_destroy_needs_no_flag(provision):
    provision.begin_applied(EXAMPLE)
    provision.ok("destroy", EXAMPLE)
    assert provision.counts() == {}

"""The advice in errors of the state log for a user of the command line."""

from datetime import UTC, datetime

from provisioner.run.command_advice import CommandAdvice
from provisioner.state import StateVersion

ADVICE = CommandAdvice()


def test_a_held_lease_names_the_option_that_waits():
    assert "--lock-timeout 5m" in ADVICE.wait_for_holder()


def test_a_bad_version_names_the_command_that_goes_back_to_a_good_one():
    good = StateVersion(2, b"", 5, "lineage", {}, datetime(2026, 11, 22, tzinfo=UTC))
    assert ADVICE.return_to("worker", good, 10) == (
        "version 2 (serial 5) is good: provision state rollback FILE... --root worker --to 2"
    )


def test_without_a_good_version_the_command_that_lists_them_is_named():
    assert ADVICE.return_to("worker", None, 10) == (
        "none of the 10 versions before it is good either; choose another one from provision state history"
    )


def test_a_lost_state_names_the_command_that_starts_over():
    assert "provision adopt FILE... --yes" in ADVICE.start_over()

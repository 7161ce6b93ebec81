from datetime import timedelta

import pytest

from provisioner.errors import ManifestError
from provisioner.settings import Settings


@pytest.mark.parametrize("value", ["0", "-1", "nan", "inf", "1e300", "soon"])
@pytest.mark.parametrize("name", ["PROVISION_LEASE_TTL", "PROVISION_STOP_GRACE", "PROVISION_PARALLELISM"])
def test_number_that_makes_no_sense_is_refused(name, value):
    with pytest.raises(ManifestError, match=f"{name}: '{value}' is not a number from"):
        Settings.from_environment({name: value})


def test_less_than_one_at_a_time_is_refused():
    with pytest.raises(ManifestError, match="not a number from 1 to"):
        Settings.from_environment({"PROVISION_PARALLELISM": "0.5"})


def test_the_newest_version_of_a_state_always_stays():
    with pytest.raises(ManifestError, match="not a number from 1 to"):
        Settings.from_environment({"PROVISION_STATE_KEEP_VERSIONS": "0"})


@pytest.mark.parametrize(
    ("name", "setting"), [("PROVISION_LOCK_TIMEOUT", "lock_timeout"), ("PROVISION_STATE_KEEP_DAYS", "state_keep_age")]
)
def test_not_waiting_and_not_keeping_can_be_asked_for(name, setting):
    settings = Settings.from_environment({name: "0"})
    assert getattr(settings, setting) == timedelta(0)

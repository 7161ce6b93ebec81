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

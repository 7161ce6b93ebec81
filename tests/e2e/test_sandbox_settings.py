"""Wrong settings of the sandbox are the operator's to mend, and say so."""

import pytest

from tests.e2e.conftest import EXAMPLE


@pytest.mark.parametrize(
    ("arguments", "environment", "code", "named"),
    [
        (("plan", EXAMPLE), {"PROVISION_SANDBOX_LATENCY": "cloud=slow"}, 3, "PROVISION_SANDBOX_LATENCY"),
        (("plan", EXAMPLE), {"PROVISION_SANDBOX_SETTLE_MS": "-1"}, 3, "PROVISION_SANDBOX_SETTLE_MS"),
        (("plan", EXAMPLE), {"PROVISION_SANDBOX_DIR": "/dev/null/x"}, 1, "/dev/null/x"),
        (("sandbox", "add-image", "m-1", "--region", "mars"), {}, 5, "InvalidRegionId"),
        (("sandbox", "serve", "--port", "80000"), {}, 1, "port"),
    ],
)
def test_wrong_setting_is_named(provision, arguments, environment, code, named):
    refused = provision(*arguments, **environment)
    assert (refused.code, named in refused.err, "fault of provision" in refused.err) == (code, True, False), refused.err

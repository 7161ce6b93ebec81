"""
`provision` on a host whose wall clock is wrong, in a sandbox that a process with a right one serves.

    python -m tests.crash.wrong_wall_clock SECONDS SETTINGS ARGUMENT...

SETTINGS is a file with the output of `provision sandbox serve -o json`.
"""

import datetime
import json
import os
import sys
import time
from pathlib import Path

SECONDS = float(sys.argv.pop(1))
SERVED = json.loads(Path(sys.argv.pop(1)).read_text())

_right_time, _right_datetime = time.time, datetime.datetime


class WrongDatetime(_right_datetime):
    """A datetime that takes its present time from the wrong clock."""

    @classmethod
    def now(cls, tz=None):
        return cls.fromtimestamp(time.time(), tz)

    @classmethod
    def utcnow(cls):
        return cls.now(datetime.UTC).replace(tzinfo=None)


# Replaced before anything is imported that may keep a reference to one of them.
time.time = lambda: _right_time() + SECONDS
datetime.datetime = WrongDatetime

from provisioner.cli import clouds, entry_point  # noqa: E402
from provisioner.cloud import CloudAccess, Credentials  # noqa: E402
from provisioner.sandbox.sandbox import PRODUCTS  # noqa: E402


class ServedClouds(clouds.RealClouds):
    """Every target lives in the served sandbox."""

    def connect(self, *_):
        key = SERVED["credentials"]
        credentials = Credentials(key["accessKeyID"], key["accessKeySecret"])
        host = SERVED["openapi"].partition("://")[2].rstrip("/")
        return CloudAccess(
            kind=SERVED["id"],
            credentials=credentials,
            oss_endpoint=SERVED["oss"],
            oss_credentials=credentials,
            openapi_scheme="http",
            openapi_endpoints=dict.fromkeys(PRODUCTS, host),
            terraform_environment={
                "TF_REATTACH_PROVIDERS": SERVED["environment"]["TF_REATTACH_PROVIDERS"],
                "TF_CLI_CONFIG_FILE": os.devnull,
            },
            account_type="Domestic",
            skip_region_validation=True,
        )


clouds.open_clouds = lambda *arguments: ServedClouds()  # modules that use it are imported later

if __name__ == "__main__":
    entry_point()

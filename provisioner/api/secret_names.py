"""The names of a shoot's Secrets, which are Gardener's, and of an access key in the environment."""

from __future__ import annotations

from collections.abc import Mapping

CREDENTIALS_SECRET = "cloudprovider"  # noqa: S105 - the name of a Secret, not a secret
"""Name that gardenlet gives the shoot's credentials on the seed."""


_ENVIRONMENT_KEYS = (
    ("ALICLOUD_ACCESS_KEY", "ALICLOUD_SECRET_KEY", "ALICLOUD_SECURITY_TOKEN"),
    ("ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABA_CLOUD_ACCESS_KEY_SECRET", "ALIBABA_CLOUD_SECURITY_TOKEN"),
)


def user_data_secret_name(pool: str) -> str:
    """Return the name of the Secret that holds a Shoot's user data for `pool` when no seed provides it."""
    return f"{pool}-user-data"


def ssh_secret_name(shoot: str) -> str:
    """
    Return the name of the Secret with the SSH key pair of a Shoot.

    Source: gardener pkg/gardenlet/operation/botanist/infrastructure.go, read 2026-07.
    """
    return f"{shoot}.ssh-keypair"


def environment_key(environ: Mapping[str, str]) -> tuple[str, str, str] | None:
    """Return id, secret and token (empty without one) of the access key in the environment, if there is one."""
    for id_name, secret_name, token_name in _ENVIRONMENT_KEYS:
        if environ.get(id_name) and environ.get(secret_name):
            return environ[id_name], environ[secret_name], environ.get(token_name, "")
    return None

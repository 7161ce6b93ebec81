"""Gardener's names for the Secrets of a shoot."""

from __future__ import annotations

CREDENTIALS_SECRET = "cloudprovider"  # noqa: S105 - the name of a Secret, not a secret
"""Name that gardenlet gives the shoot's credentials on the seed."""


def user_data_secret_name(pool: str) -> str:
    """Return the name of the Secret that holds a Shoot's user data for `pool` when no seed provides it."""
    return f"{pool}-user-data"


def ssh_secret_name(shoot: str) -> str:
    """
    Return the name of the Secret with the SSH key pair of a Shoot.

    Source: gardener pkg/gardenlet/operation/botanist/infrastructure.go, read 2026-07.
    """
    return f"{shoot}.ssh-keypair"

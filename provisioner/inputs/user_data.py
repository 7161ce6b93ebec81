"""The user data that the machines of a worker pool start with."""

from __future__ import annotations

import base64
from collections.abc import Callable

from provisioner.api.core_v1beta1 import Secret
from provisioner.api.extensions_v1alpha1 import Worker
from provisioner.errors import ManifestError, Problem
from provisioner.gardener.machine_access import MOST_USER_DATA_BYTES
from provisioner.manifests import Manifests


def find_user_data(manifests: Manifests, worker: Worker, find_secret: Callable[[str], Secret | None]) -> dict[str, str]:
    """
    Return base64 user data by pool; a pool that names none is left out.

    Raises:
        ManifestError: a Secret or its key is missing, or the cloud takes no user data of that size.
    """
    found: dict[str, str] = {}
    problems: list[Problem] = []
    for number, pool in enumerate(worker.spec.pools):
        if pool.user_data_secret_ref is None:
            if pool.user_data:
                found[pool.name] = base64.b64encode(pool.user_data).decode()
            continue
        name, key = pool.user_data_secret_ref.name, pool.user_data_secret_ref.key
        path = f"spec.pools[{number}].userDataSecretRef"
        secret = find_secret(name)
        value = secret.decoded(key) if secret else None
        if secret is None:
            problems.append(
                Problem(
                    worker.reference,
                    f"{path}.name",
                    "Required",
                    manifests.describe_absent_secret(name, worker.metadata.namespace),
                    "add it",
                )
            )
        elif not value:
            keys = ", ".join(secret.keys) or "none"
            problems.append(
                Problem(worker.reference, f"{path}.key", "Required", f"Secret {name!r} has no {key!r} (keys: {keys})")
            )
        elif len(value) > MOST_USER_DATA_BYTES:
            detail = f"{key!r} of Secret {name!r} has {len(value)} bytes; user data takes {MOST_USER_DATA_BYTES}"
            problems.append(Problem(worker.reference, f"{path}.key", "TooLong", detail))
        else:
            found[pool.name] = base64.b64encode(value).decode()
    if problems:
        raise ManifestError(problems)
    return found

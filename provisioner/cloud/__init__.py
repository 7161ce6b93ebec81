"""
The few OpenAPI calls we make ourselves, beside terraform: the current size of scaling groups.

What does not live here: creating or changing anything that terraform manages.
"""

from provisioner.cloud.access import CloudAccess, Credentials, real_access
from provisioner.cloud.scaling import current_sizes

__all__ = ["CloudAccess", "Credentials", "current_sizes", "real_access"]

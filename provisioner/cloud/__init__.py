"""
The few OpenAPI calls we make ourselves, beside terraform: the current size of scaling groups, and what exists of a
shoot.

What does not live here: creating or changing anything that terraform manages, and deciding whose an object is.
"""

from provisioner.cloud.access import CloudAccess, Credentials, real_access
from provisioner.cloud.client import CloudClient
from provisioner.cloud.inventory import Inventory, find_resources
from provisioner.cloud.resource import CloudResource
from provisioner.cloud.scaling import current_sizes

__all__ = [
    "CloudAccess",
    "CloudClient",
    "CloudResource",
    "Credentials",
    "Inventory",
    "current_sizes",
    "find_resources",
    "real_access",
]

"""
The OpenAPI calls that the program makes itself, beside Terraform: whose the credentials are, the existing objects of a
shoot and their tags, the user's network, sizes and machines of scaling groups and their replacement, the NAT gateway's
service role, and the removal of load balancers that a cluster left behind.

What does not live here: creating or changing anything that terraform manages, and deciding who owns it.
"""

from provisioner.cloud.access import CloudAccess, Credentials, real_access
from provisioner.cloud.client import CloudClient
from provisioner.cloud.inventory import Inventory, find_resources
from provisioner.cloud.load_balancers import (
    DoubtfulLoadBalancer,
    LoadBalancers,
    delete_load_balancer,
    find_load_balancers,
)
from provisioner.cloud.network import tag_values_of_vswitches
from provisioner.cloud.resource import CloudResource
from provisioner.cloud.roles import ensure_nat_role
from provisioner.cloud.scaling import current_sizes

__all__ = [
    "CloudAccess",
    "CloudClient",
    "CloudResource",
    "Credentials",
    "DoubtfulLoadBalancer",
    "Inventory",
    "LoadBalancers",
    "current_sizes",
    "delete_load_balancer",
    "ensure_nat_role",
    "find_load_balancers",
    "find_resources",
    "real_access",
    "tag_values_of_vswitches",
]

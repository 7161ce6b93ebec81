"""
The role that lets the NAT gateway service work in an account: without it no Enhanced gateway can be created.

Sources: GetRole and CreateServiceLinkedRole of ResourceManager 2020-03-31, read 2026-11;
gardener-extension-provider-alicloud pkg/controller/infrastructure, read 2026-07.
"""

from __future__ import annotations

from provisioner.cloud.client import CloudClient
from provisioner.errors import CloudError

NAT_ROLE = "AliyunServiceRoleForNatgw"
_NAT_SERVICE = "nat.aliyuncs.com"


def ensure_nat_role(client: CloudClient) -> bool:
    """
    Return whether the NAT gateway service's role had to be created.

    Raises:
        CloudError: the cloud refused or could not be reached, or the account has its own role of that name.
    """
    try:
        role = client.call("resourcemanager", "GetRole", {"RoleName": NAT_ROLE})["Role"]
    except CloudError as error:
        if error.cloud_code != "EntityNotExist.Role":
            raise
    else:
        if not role.get("IsServiceLinkedRole"):
            raise CloudError(
                f"role {NAT_ROLE} exists but is not a service-linked role, so no NAT gateway can be created",
                codes=("ERR_CONFIGURATION_PROBLEM",),
                fix="rename or delete that role",
            )
        return False
    try:
        client.change("resourcemanager", "CreateServiceLinkedRole", {"ServiceName": _NAT_SERVICE}, is_idempotent=True)
    except CloudError as error:
        if not error.cloud_code.startswith("EntityAlreadyExists"):
            raise
        return False  # another caller was faster, or the first answer was lost
    return True

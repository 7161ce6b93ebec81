"""
The policies of RAM roles (Ram 2015-05-01): names on a list, because permissions are not simulated.

There is a selection of the policies that the cloud comes with (`System`); none of an account's own (`Custom`) exists.
"""

from __future__ import annotations

from provisioner.sandbox.actions.ram.role import get_own_role, get_role
from provisioner.sandbox.cloud import ActionError
from provisioner.sandbox.cloud.call import Answer, Call, timestamp

SYSTEM_POLICIES = frozenset(
    {
        "AdministratorAccess",
        "ReadOnlyAccess",
        *(
            f"Aliyun{product}{access}"
            for product in (
                "BSS",
                "CS",
                "CloudMonitor",
                "ContainerRegistry",
                "DNS",
                "ECS",
                "EIP",
                "ESS",
                "KMS",
                "Log",
                "NAS",
                "NATGateway",
                "OSS",
                "RAM",
                "ROS",
                "SLB",
                "VPC",
            )
            for access in ("FullAccess", "ReadOnlyAccess")
        ),
        "AliyunSTSAssumeRoleAccess",
    }
)


def attach_policy_to_role(call: Call) -> Answer:
    """Add a policy to a role."""
    type_, name = _read_policy(call)
    role = get_own_role(call)
    if type_ != "System" or name not in SYSTEM_POLICIES:
        raise ActionError("EntityNotExist.Policy", "The policy does not exist.", 404)
    policies = role.document["Policies"]
    if any((policy["PolicyType"], policy["PolicyName"]) == (type_, name) for policy in policies):
        raise ActionError("EntityAlreadyExists.Role.Policy", "The role has already been attached this policy.", 409)
    call.check_quota(
        "ram_role_policy",
        len(policies),
        ActionError("LimitExceeded.Role.Policy", "The count of attached policies beyond the current limits.", 409),
    )
    policies.append({"PolicyType": type_, "PolicyName": name, "AttachedAt": call.now})
    call.tx.update(role)
    return {}


def detach_policy_from_role(call: Call) -> Answer:
    """Take a policy from a role."""
    type_, name = _read_policy(call)
    role = get_own_role(call)
    policies = role.document["Policies"]
    kept = [policy for policy in policies if (policy["PolicyType"], policy["PolicyName"]) != (type_, name)]
    if len(kept) == len(policies):
        raise ActionError("EntityNotExist.Role.Policy", "The indicate policy attached to the role does not exist.", 404)
    role.document["Policies"] = kept
    call.tx.update(role)
    return {}


def list_policies_for_role(call: Call) -> Answer:
    """Return a role's policies in the order in which they were attached."""
    shown = [
        {
            "PolicyName": policy["PolicyName"],
            "PolicyType": policy["PolicyType"],
            "Description": "",
            "DefaultVersion": "v1",
            "AttachDate": timestamp(policy["AttachedAt"]),
        }
        for policy in get_role(call).document["Policies"]
    ]
    return {"Policies": {"Policy": shown}}


def _read_policy(call: Call) -> tuple[str, str]:
    type_, name = call.params.required("PolicyType"), call.params.required("PolicyName")
    if type_ not in ("System", "Custom"):
        raise ActionError("InvalidParameter.PolicyType", 'The parameter - "PolicyType" is incorrect.')
    return type_, name


READS = {"ListPoliciesForRole": list_policies_for_role}
WRITES = {"AttachPolicyToRole": attach_policy_to_role, "DetachPolicyFromRole": detach_policy_from_role}

"""Changes of an instance (Ecs 2014-05-26), and the states that allow them."""

from __future__ import annotations

from provisioner.sandbox.actions.ecs.image import available_images
from provisioner.sandbox.actions.ecs.instance import SETTLED, check_instance_status, get_instance, save_instance
from provisioner.sandbox.actions.ecs.instance_launch import (
    check_host_name,
    check_instance_texts,
    check_instance_type,
    check_password,
)
from provisioner.sandbox.actions.ecs.security_group import get_security_group
from provisioner.sandbox.actions.ecs.user_data import check_user_data
from provisioner.sandbox.actions.vpc.address import (
    free_private_address,
    usable_private_addresses,
    used_private_addresses,
)
from provisioner.sandbox.actions.vpc.vswitch import get_vswitch
from provisioner.sandbox.cloud import ActionError
from provisioner.sandbox.cloud.call import Answer, Call
from provisioner.sandbox.cloud.resource import Resource

_MOST_SECURITY_GROUPS = 5


def modify_instance_attribute(call: Call) -> Answer:
    """Change names, description, host name, user data, password, protection, credits or security groups."""
    instance = get_instance(call)
    params = call.params
    check_instance_texts(params)
    check_host_name(params.text("HostName"))
    check_password(params.text("Password"))
    check_user_data(params.text("UserData"), largest_kib=32)
    check_instance_status(call, instance, *SETTLED)
    document = instance.document
    if "InstanceName" in params:
        instance.name = params.text("InstanceName")
    document["Description"] = params.changed("Description", document.get("Description", ""))
    document.update(params.echo("HostName", "CreditSpecification"))
    protected = params.boolean("DeletionProtection")
    if protected is not None:
        document["DeletionProtection"] = protected
    if "UserData" in params:
        document["SealedUserData"] = call.sealer.seal(params.text("UserData"))
    group_ids = params.texts("SecurityGroupIds")
    if group_ids:
        for id in group_ids:
            _check_same_network(instance, get_security_group(call, id))
        document["SecurityGroupIds"] = group_ids
    save_instance(call, instance)
    return {}


def modify_instance_spec(call: Call) -> Answer:
    """Give a stopped instance another type that is sold in its zone."""
    instance = get_instance(call)
    type_name = call.params.text("InstanceType")
    if type_name:
        image = available_images(call, instance.region).get(instance.document["ImageId"])
        check_instance_type(call, type_name, instance.document["ZoneId"], image)
        check_instance_status(call, instance, "Stopped")
        instance.document["InstanceType"] = type_name
        call.tx.update(instance)
    return {}


def modify_instance_network_spec(call: Call) -> Answer:
    """Change how fast an instance reaches the internet, and how that is charged."""
    instance = get_instance(call)
    params = call.params
    charge = params.text("NetworkChargeType")
    if charge not in ("", "PayByTraffic", "PayByBandwidth"):
        raise ActionError("InvalidNetworkChargeType.ValueNotSupported", "The specified NetworkChargeType is not valid.")
    for name in ("InternetMaxBandwidthIn", "InternetMaxBandwidthOut"):
        value = params.integer(name)
        if value is not None:
            instance.document[name] = value
    if charge:
        instance.document["InternetChargeType"] = charge
    call.tx.update(instance)
    return {}


def allocate_public_ip_address(call: Call) -> Answer:
    """Give an instance with bandwidth a public address of its own."""
    instance = get_instance(call)
    check_instance_status(call, instance, *SETTLED)
    if "PublicIp" in instance.document:
        raise ActionError("AllocatedAlready", "The specified instance has been allocated a public IP.", 403)
    instance.document["PublicIp"] = call.new_address()
    call.tx.update(instance)
    return {"IpAddress": instance.document["PublicIp"]}


def modify_instance_vpc_attribute(call: Call) -> Answer:
    """Move a stopped instance to another vSwitch of its VPC and zone, or give it another address."""
    instance = get_instance(call)
    vswitch = get_vswitch(call)
    check_instance_status(call, instance, "Stopped")
    if vswitch.parent != instance.document["VpcId"] or vswitch.document["ZoneId"] != instance.document["ZoneId"]:
        raise ActionError(
            "OperationDenied", "The specified VSwitch is not in the VPC and the zone of the instance.", 403
        )
    address = call.params.text("PrivateIpAddress")
    if not address and vswitch.id != instance.parent:
        address = free_private_address(call, vswitch)
    elif address and address != instance.document["PrivateIp"]:
        if address not in usable_private_addresses(vswitch):
            raise ActionError("InvalidPrivateIpAddress.Malformed", "Specified private IP address is malformed.", 400)
        if address in used_private_addresses(call, vswitch):
            raise ActionError("InvalidPrivateIpAddress.Duplicated", "Specified private IP address is duplicated.")
    instance.document["PrivateIp"] = address or instance.document["PrivateIp"]
    instance.parent = vswitch.id
    call.tx.update(instance)
    return {}


def modify_instance_auto_release_time(call: Call) -> Answer:
    """Set when an instance is released by itself, or that it is not; here it never is."""
    instance = get_instance(call)
    instance.document["AutoReleaseTime"] = call.params.text("AutoReleaseTime")
    call.tx.update(instance)
    return {}


def join_security_group(call: Call) -> Answer:
    """Make an instance a member of another security group of its VPC."""
    group = get_security_group(call)
    instance = get_instance(call)
    check_instance_status(call, instance, *SETTLED)
    _check_same_network(instance, group)
    members: list[str] = instance.document["SecurityGroupIds"]
    if group.id in members:
        raise ActionError(
            "InvalidInstanceId.AlreadyExists",
            "The specified instance already exists in the specified security group.",
            403,
        )
    if len(members) >= _MOST_SECURITY_GROUPS:
        raise ActionError(
            "InstanceSecurityGroupLimitExceeded",
            "Exceeding the allowed amount of security groups that this instance can be in.",
            403,
        )
    instance.document["SecurityGroupIds"] = [*members, group.id]
    save_instance(call, instance)
    return {}


def leave_security_group(call: Call) -> Answer:
    """End an instance's membership in a security group; it stays in one at least."""
    group = get_security_group(call)
    instance = get_instance(call)
    check_instance_status(call, instance, *SETTLED)
    members: list[str] = instance.document["SecurityGroupIds"]
    if group.id not in members:
        raise ActionError(
            "InvalidSecurityGroupAssociation.NotFound", "The instance is not in the specified security group."
        )
    if len(members) == 1:
        raise ActionError(
            "InstanceLastSecurityGroup",
            "The specified security group is the last security group for the instance.",
            403,
        )
    instance.document["SecurityGroupIds"] = [id for id in members if id != group.id]
    save_instance(call, instance)
    return {}


def _check_same_network(instance: Resource, group: Resource) -> None:
    if group.parent != instance.document["VpcId"]:
        raise ActionError(
            "InvalidInstanceId.Mismatch", "Specified instance and security group are not in the same VPC."
        )


WRITES = {
    "ModifyInstanceAttribute": modify_instance_attribute,
    "ModifyInstanceSpec": modify_instance_spec,
    "ModifyInstanceNetworkSpec": modify_instance_network_spec,
    "AllocatePublicIpAddress": allocate_public_ip_address,
    "ModifyInstanceVpcAttribute": modify_instance_vpc_attribute,
    "ModifyInstanceAutoReleaseTime": modify_instance_auto_release_time,
    "JoinSecurityGroup": join_security_group,
    "LeaveSecurityGroup": leave_security_group,
}

"""RunInstances (Ecs 2014-05-26): starts instances, also from a launch template."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from provisioner.sandbox.actions.ecs.account_attributes import no_vcpus, vcpus_left
from provisioner.sandbox.actions.ecs.disk import new_disks
from provisioner.sandbox.actions.ecs.image import available_images
from provisioner.sandbox.actions.ecs.instance import links_of
from provisioner.sandbox.actions.ecs.launch_template import launch_parameters
from provisioner.sandbox.actions.ecs.security_group import get_security_group
from provisioner.sandbox.actions.ecs.user_data import check_user_data
from provisioner.sandbox.actions.naming import check_texts
from provisioner.sandbox.actions.ram.role import find_role
from provisioner.sandbox.actions.tagging import check_tags
from provisioner.sandbox.actions.vpc.address import (
    free_private_address,
    usable_private_addresses,
    used_private_addresses,
)
from provisioner.sandbox.cloud import ActionError
from provisioner.sandbox.cloud.call import Answer, Call
from provisioner.sandbox.cloud.catalogue import INSTANCE_TYPES, REGIONS, Image
from provisioner.sandbox.cloud.offer import LACKING
from provisioner.sandbox.cloud.parameters import Parameters
from provisioner.sandbox.cloud.resource import Resource

_MOST_AT_ONCE = 100
_HOST_NAME = re.compile(r"(?!.*[.-]{2})[A-Za-z0-9][A-Za-z0-9.-]{0,62}[A-Za-z0-9]")
_PASSWORD_LENGTHS = range(8, 31)
_PASSWORD_CLASSES = (str.islower, str.isupper, str.isdecimal, lambda text: not text.isalnum())
_FEWEST_PASSWORD_CLASSES = 3
_TEXTS = (
    "AutoReleaseTime",
    "CreditSpecification",
    "Description",
    "HostName",
    "HttpEndpoint",
    "HttpTokens",
    "InternetChargeType",
    "KeyPairName",
    "RamRoleName",
    "ResourceGroupId",
    "SpotStrategy",
)
_INTEGERS = ("HttpPutResponseHopLimit", "InternetMaxBandwidthIn", "InternetMaxBandwidthOut", "SpotDuration")


def run_instances(call: Call) -> Answer:
    """Start `Amount` instances; with a launch template, what the call leaves out comes from there."""
    _ = call.region
    params = call.params.over(launch_parameters(call))
    amount = params.integer("Amount")
    amount = 1 if amount is None else amount
    if not 1 <= amount <= _MOST_AT_ONCE:
        raise ActionError("InvalidParam.Amount", "The specified Amount is not valid.", 403)
    _check_texts(params)
    tags = params.tags()
    check_tags(tags)
    user_data = params.text("UserData")
    check_user_data(user_data, largest_kib=32)
    image = _checked_image(call, params)
    interface = _primary_interface(params)
    vswitch = _checked_vswitch(call, params, interface)
    zone = vswitch.document["ZoneId"]
    type_name = _checked_type(call, params, zone, image)
    group_ids = _checked_security_groups(call, params, interface, vswitch)
    _check_key_pair(call, params)
    check_ram_role(call, params.text("RamRoleName"))
    document: dict[str, Any] = {
        **params.sent(_TEXTS, _INTEGERS),
        **new_disks(params, image),
        "ImageId": image.id,
        "OSName": image.os_name,
        "InstanceType": type_name,
        "ZoneId": zone,
        "VpcId": vswitch.parent,
        "SecurityGroupIds": group_ids,
        "DeletionProtection": bool(params.boolean("DeletionProtection")),
        "LoginAsNonRoot": bool(params.boolean("ImageOptions.LoginAsNonRoot")),
        "Tags": tags,
        "TransitionalStatus": "Pending",
        "Status": "Running",
    }
    if "SpotPriceLimit" in params:
        document["SpotPriceLimit"] = _price(params)
    if user_data:
        document["SealedUserData"] = call.sealer.seal(user_data)
    address = _checked_address(call, params, interface, vswitch, amount)
    if call.params.boolean("DryRun"):
        raise ActionError("DryRunOperation", "Request validation has been passed with DryRun flag set.")
    _check_purchase(call, vswitch.region, document, amount)
    ids = [_start(call, vswitch, params.text("InstanceName"), document, address) for _ in range(amount)]
    return {"InstanceIdSets": {"InstanceIdSet": ids}, "OrderId": "", "TradePrice": 0.0}


def check_password(password: str) -> None:
    """Refuse a password that is too short, too long or too simple; no action of its own."""
    classes = sum(any(is_one(character) for character in password) for is_one in _PASSWORD_CLASSES)
    if password and (len(password) not in _PASSWORD_LENGTHS or classes < _FEWEST_PASSWORD_CLASSES):
        raise _malformed("Password")


def check_host_name(name: str) -> None:
    """Refuse a name that no host can have; no action of its own."""
    if name and not _HOST_NAME.fullmatch(name):
        raise _malformed("HostName")


def check_instance_texts(params: Parameters) -> None:
    """Refuse an instance's name or description; no action of its own."""
    bad_name, bad_description = _malformed("InstanceName"), _malformed("Description")
    check_texts(params, "InstanceName", bad_name, bad_description, shortest=2, extra=":_.-")


def check_ram_role(call: Call, name: str) -> None:
    """Refuse a RAM role that does not exist or does not trust ECS; no action of its own."""
    role = find_role(call, name) if name else None
    if name and role is None:
        raise ActionError("InvalidRamRole.NotFound", 'The specified parameter "RAMRoleName" does not exist.', 404)
    if role is not None and "ecs.aliyuncs.com" not in role.document["AssumeRolePolicyDocument"]:
        raise ActionError(
            "InvalidRamRole.NotEcsRole",
            "The specified ram role is not authorized for ecs, please check your role policy.",
            401,
        )


def _start(call: Call, vswitch: Resource, name: str, document: dict[str, Any], address: str) -> str:
    own = {**document, "PrivateIp": address or free_private_address(call, vswitch)}
    if own.get("InternetMaxBandwidthOut"):
        own["PublicIp"] = call.new_address()
    instance_id = call.new_id("i", vswitch.region)
    call.create(
        "instance",
        instance_id,
        region=vswitch.region,
        parent=vswitch.id,
        name=name or instance_id,
        document=own,
        links=links_of(own),
        settles=True,
    )
    return instance_id


def _check_texts(params: Parameters) -> None:
    check_instance_texts(params)
    check_host_name(params.text("HostName"))
    check_password(params.text("Password"))
    if params.text("InstanceChargeType") not in ("", "PostPaid"):
        # Prices are not simulated, so neither are subscriptions.
        raise ActionError(
            "InvalidInstanceChargeType.NotFound", "The InstanceChargeType does not exist in our records.", 404
        )
    if params.text("InternetChargeType") not in ("", "PayByTraffic", "PayByBandwidth"):
        raise ActionError(
            "InvalidInternetChargeType.ValueNotSupported", "The specified InternetChargeType is not valid."
        )
    if params.text("SpotStrategy") not in ("", "NoSpot", "SpotWithPriceLimit", "SpotAsPriceGo"):
        raise ActionError("InvalidSpotStrategy", "The specified SpotStrategy is not valid.")


def _checked_image(call: Call, params: Parameters) -> Image:
    images = available_images(call, call.region)
    image_id, family = params.text("ImageId"), params.text("ImageFamily")
    if not image_id and family:
        members = [image for image in images.values() if image.family == family]
        if members:
            return max(members, key=lambda image: image.created)
    if not image_id and not family:
        raise _missing("ImageId")
    if image_id not in images:
        raise ActionError("InvalidImageId.NotFound", "The specified ImageId does not exist.", 404)
    return images[image_id]


def _primary_interface(params: Parameters) -> Parameters:
    """Return the network interface the call describes, empty when it describes none; more than one is refused."""
    interfaces = params.structures("NetworkInterface")
    if len(interfaces) > 1 or any(one.text("InstanceType") != "Primary" for one in interfaces):
        # Interfaces of their own are not simulated.
        raise ActionError("InvalidParam.NetworkInterface", "The specified NetworkInterface is not valid.")
    return interfaces[0] if interfaces else Parameters({})


def _checked_vswitch(call: Call, params: Parameters, interface: Parameters) -> Resource:
    vswitch_id = params.text("VSwitchId") or interface.text("VSwitchId")
    if not vswitch_id:
        raise _missing("VSwitchId")
    missing = ActionError("InvalidVSwitchId.NotExist", "The specified VSwitchId does not exist.", 404)
    vswitch = call.get("vswitch", vswitch_id, missing)
    if call.status(vswitch) != "Available":
        raise ActionError("IncorrectVSwitchStatus", "Current VSwitch status does not support this operation.")
    zone = params.text("ZoneId")
    if zone and zone not in REGIONS[call.region]:
        raise ActionError("InvalidZoneId.NotFound", "The specified zoneId does not exist.", 404)
    if zone not in ("", vswitch.document["ZoneId"]):
        raise ActionError(
            "InvalidParameter.NotMatch", "The specified VSwitchId and the specified ZoneId do not match.", 403
        )
    return vswitch


def _checked_type(call: Call, params: Parameters, zone: str, image: Image) -> str:
    name = params.text("InstanceType")
    if not name:
        raise _missing("InstanceType")
    check_instance_type(call, name, zone, image)
    return name


def check_instance_type(call: Call, name: str, zone: str, image: Image | None) -> None:
    """Refuse an instance type that does not exist, is not sold in a zone or cannot run an image; no action."""
    if name not in INSTANCE_TYPES:
        raise ActionError(
            "InvalidInstanceType.ValueNotSupported",
            "The specified InstanceType does not exist or beyond the permitted range.",
        )
    if call.offer.refuses(name, zone):
        raise ActionError(
            "InvalidInstanceType.ZoneNotSupported", "The specified zone does not support this instancetype.", 403
        )
    if image is not None and INSTANCE_TYPES[name].architecture != image.architecture:
        raise ActionError(
            "ImageNotSupportInstanceType", "The specified image does not support the specified InstanceType.", 403
        )


def _check_purchase(call: Call, region: str, document: Mapping[str, Any], amount: int) -> None:
    """Refuse machines that are out of stock, disks that the zone or the type lacks, and vCPUs beyond the quota."""
    type_name, zone, offer = document["InstanceType"], document["ZoneId"], call.offer
    if offer.lacks(type_name, zone):
        raise ActionError("OperationDenied.NoStock", "The resource is out of stock in the specified zone.", 403)
    for kind, disks in (("System", [document["SystemDisk"]]), ("Data", document["DataDisks"])):
        if any(offer.disk_state(type_name, disk["Category"], zone) in LACKING for disk in disks):
            raise ActionError(
                f"Invalid{kind}DiskCategory.ValueNotSupported",
                f"The specified {kind.lower()} disk category is not supported.",
            )
    left = vcpus_left(call, region)
    is_spot = document.get("SpotStrategy", "NoSpot") != "NoSpot"
    if left is not None and not is_spot and left < INSTANCE_TYPES[type_name].cpus * amount:
        raise no_vcpus()


def _checked_security_groups(call: Call, params: Parameters, interface: Parameters, vswitch: Resource) -> list[str]:
    for source in (call.params, interface, params):
        ids = source.texts("SecurityGroupIds") or [id for id in [source.text("SecurityGroupId")] if id]
        if ids:
            break
    else:
        raise _missing("SecurityGroupId")
    for id in ids:
        if get_security_group(call, id).parent != vswitch.parent:
            raise ActionError(
                "OperationDenied.InconsistentNetwork",
                "The specified security group and vswitch are not in the same vpc.",
                403,
            )
    return list(dict.fromkeys(ids))


def _check_key_pair(call: Call, params: Parameters) -> None:
    name = params.text("KeyPairName")
    if name and call.find("key_pair", name) is None:
        raise ActionError(
            "InvalidKeyPairName.NotFound",
            'The specified parameter "KeyPairName" does not exist in our records.',
            404,
        )


def _checked_address(call: Call, params: Parameters, interface: Parameters, vswitch: Resource, amount: int) -> str:
    """Return the address the call asks for, or nothing."""
    address = params.text("PrivateIpAddress") or interface.text("PrimaryIpAddress")
    if not address:
        return ""
    if amount > 1:
        raise _malformed("PrivateIpAddress")
    if address not in usable_private_addresses(vswitch):
        raise ActionError("InvalidVSwitchId.IpInvalid", "The specified PrivateIpAddress is not in the VSwitch.", 403)
    if address in used_private_addresses(call, vswitch):
        raise ActionError("InvalidIp.IpAssigned", "The specified PrivateIpAddress has been assigned.", 403)
    return address


def _price(params: Parameters) -> float:
    try:
        price = params.number("SpotPriceLimit")
    except ActionError:
        price = None
    if price is None:
        raise ActionError("InvalidSpotPriceLimit", "The specified SpotPriceLimitis not valid.")
    return price


def _malformed(name: str) -> ActionError:
    return ActionError(f"Invalid{name}.Malformed", f'The specified parameter "{name}" is not valid.')


def _missing(name: str) -> ActionError:
    return ActionError(
        "MissingParameter",
        f"The input parameter {name} that is mandatory for processing this request is not supplied.",
    )


WRITES = {"RunInstances": run_instances}

"""The sandbox invents no value that the caller did not send: it would be a change in every plan, or a replacement."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contract.gotchas.door import Shown
from tests.contract.gotchas.network import Network

NOT_SENT = {
    "vpc": "Description VpcName Tags UserCidrs Ipv6CidrBlock ClassicLinkEnabled SecondaryCidrBlocks",
    "system route table": "RouteTableName Description",
    # Its absence reads as "has IPv6", so here the empty text has to be there.
    "vswitch": "Description VSwitchName Tags Ipv6CidrBlock",
    "nat gateway": "Description Name Tags PrivateLinkEnabled",
    "eip": "Description Name Tags PublicIpAddressPoolId SecurityProtectionTypes InstanceId VpcId PrivateIpAddress",
    "binding": "VpcId PrivateIpAddress",
    "snat entry": "SnatEntryName EipAffinity",
    "security group": "Description SecurityGroupName Tags",
    "rule": "Description Ipv6SourceCidrIp SourceGroupId SourceGroupOwnerAccount SourcePrefixListId DestCidrIp "
    "DestGroupId DestGroupOwnerAccount",
    "key pair": "Tags",
    "route table": "RouteTableName Description Tags",
    "ipv6 gateway": "Name Description Tags",
    "launch template": "Tags",
    "launch template version": "VersionDescription LaunchTemplateData",
    "role": "Description",
    "scaling rule": "Cooldown MinAdjustmentMagnitude TargetValue MetricName DisableScaleIn",
    "scaling group": "DesiredCapacity StopInstanceTimeout MaxInstanceLifetime AzBalance AutoRebalance BalanceMode "
    "LaunchTemplateId LaunchTemplateVersion LoadBalancerIds DBInstanceIds Tags GroupDeletionProtection",
    "scaling configuration": "ImageName InstanceDescription CreditSpecification HostName HttpEndpoint "
    "InternetMaxBandwidthIn ResourceGroupId SecurityEnhancementStrategy SpotStrategy SpotDuration SystemDiskSize "
    "SystemDiskName SystemDiskDescription SystemDiskPerformanceLevel SystemDisk.KMSKeyId SystemDisk.EncryptAlgorithm "
    "SystemDisk.ProvisionedIops SystemDiskAutoSnapshotPolicyId DataDisks Tags SpotPriceLimit NetworkInterfaces "
    "KeyPairName PasswordInherit",
}


def is_empty(value: Any) -> bool:
    """Return whether a value says nothing."""
    return all(map(is_empty, value.values())) if isinstance(value, dict) else value in (None, "", "0", 0, False, [])


@pytest.mark.parametrize("kind", NOT_SENT)
def test_what_was_not_sent_is_not_invented(shared: Network, kind: str) -> None:
    shown = shared.first(kind)
    assert {name: shown[name] for name in NOT_SENT[kind].split() if name in shown and not is_empty(shown[name])} == {}


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("binding", "VpcId"),
        ("binding", "PrivateIpAddress"),
        ("scaling configuration", "UserData"),
        ("scaling rule", "TargetValue"),
        ("scaling rule", "StepAdjustment"),
    ],
)
def test_some_things_that_were_not_sent_are_not_even_empty(shared: Network, kind: str, name: str) -> None:
    assert name not in shared.first(kind)


@pytest.mark.parametrize(
    ("kind", "defaults"),
    [
        ("scaling group", {"DefaultCooldown": 300, "MultiAZPolicy": "PRIORITY"}),
        ("nat gateway", {"NatType": "Enhanced"}),
        ("vswitch", {"Ipv6CidrBlock": ""}),
        ("rule", {"Direction": "ingress", "NicType": "intranet", "SourceCidrIp": "0.0.0.0/0"}),
    ],
)
def test_what_the_provider_takes_for_the_default_is_shown(shared: Network, kind: str, defaults: Shown) -> None:
    shown = shared.first(kind)
    assert {name: shown[name] for name in defaults} == defaults

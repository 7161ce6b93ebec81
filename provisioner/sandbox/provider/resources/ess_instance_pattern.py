"""The `instance_pattern_info` block of a scaling configuration: instance types by what they have instead of by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from provisioner.sandbox.provider.resources.tags import nested

_SCALARS = {
    "instance_family_level": "InstanceFamilyLevel",
    "burstable_performance": "BurstablePerformance",
    "memory": "Memory",
    "max_price": "MaxPrice",
    "cores": "Cores",
    "minimum_cpu_core_count": "MinimumCpuCoreCount",
    "minimum_memory_size": "MinimumMemorySize",
    "maximum_memory_size": "MaximumMemorySize",
    "minimum_eni_quantity": "MinimumEniQuantity",
    "minimum_eni_private_ip_address_quantity": "MinimumEniPrivateIpAddressQuantity",
    "minimum_eni_ipv6_address_quantity": "MinimumEniIpv6AddressQuantity",
    "minimum_baseline_credit": "MinimumBaselineCredit",
    "minimum_initial_credit": "MinimumInitialCredit",
    "minimum_gpu_amount": "MinimumGpuAmount",
    "maximum_gpu_amount": "MaximumGpuAmount",
    "maximum_cpu_core_count": "MaximumCpuCoreCount",
}
_WITH_CENTS = frozenset({"memory", "max_price", "minimum_memory_size", "maximum_memory_size"})
_LISTS = {
    "architectures": ("Architectures", "Architecture"),
    "excluded_instance_types": ("ExcludedInstanceTypes", "ExcludedInstanceType"),
    "instance_type_families": ("InstanceTypeFamilies", "InstanceTypeFamily"),
    "instance_categories": ("InstanceCategories", "InstanceCategory"),
    "physical_processor_models": ("PhysicalProcessorModels", "PhysicalProcessorModel"),
    "cpu_architectures": ("CpuArchitectures", "CpuArchitecture"),
    "gpu_specs": ("GpuSpecs", "GpuSpec"),
}


def pattern_parameters(element: Mapping[str, Any]) -> dict[str, Any]:
    """Return the block as parameters; what is unset or zero is not sent."""
    parameters: dict[str, Any] = {}
    for name, key in _SCALARS.items():
        value = element.get(name)
        if value:
            parameters[key] = f"{value:.2f}" if name in _WITH_CENTS else value
    for name, (key, _item) in _LISTS.items():
        parameters[key] = element.get(name) or []
    return parameters


def read_pattern(answer: Mapping[str, Any]) -> dict[str, Any]:
    """Return the block an answer describes."""
    block: dict[str, Any] = {name: answer.get(key) for name, key in _SCALARS.items()}
    block.update({name: nested(answer, key, item) for name, (key, item) in _LISTS.items()})
    return block

"""The fields that an operator has to change: in the Shoot, or in the Infrastructure and Worker that it wrote."""

from __future__ import annotations

from provisioner.inputs import ShootInput


class Fields:
    """The objects and paths of a target."""

    def __init__(self, target: ShootInput) -> None:
        reference = target.identity.reference
        self.shoot = reference
        """The object that stands for the whole run."""
        self.worker = reference if target.is_of_shoot or target.worker is None else target.worker.reference
        """The object with the pools."""
        self.infrastructure = (
            reference if target.is_of_shoot or target.infrastructure is None else target.infrastructure.reference
        )
        """The object with the network."""
        self._is_of_shoot = target.is_of_shoot

    @property
    def pools(self) -> str:
        """The path of all pools."""
        return "spec.provider.workers" if self._is_of_shoot else "spec.pools"

    def machine_type(self, number: int) -> str:
        """Return the path of a pool's machine type."""
        return f"{self.pools}[{number}].{'machine.type' if self._is_of_shoot else 'machineType'}"

    def volume(self, number: int, data_volume: int | None) -> str:
        """Return the path of a disk's category; without the number of a data volume, the system disk's."""
        disk = "volume" if data_volume is None else f"dataVolumes[{data_volume}]"
        return f"{self.pools}[{number}].{disk}.type"

    def network(self, place: str) -> str:
        """Return the path of a place in the InfrastructureConfig's `networks`."""
        config = "spec.provider.infrastructureConfig" if self._is_of_shoot else "spec.providerConfig"
        return f"{config}.networks.{place}"

"""
The way from manifests to what a verb works on, for the command line and for a controller alike.

Here: the input of one shoot (`shoot_input`), how it is put together (`resolve`), and that only what keeps the rules is
(`read`). Not here: reading files (`manifests`), the rules (`validation`), and what is done with a shoot (`workflows`).
"""

from provisioner.inputs.read import read_shoots
from provisioner.inputs.shoot_input import Bucket, ShootInput, status_images

__all__ = ["Bucket", "ShootInput", "read_shoots", "status_images"]

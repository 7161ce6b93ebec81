"""
Turns manifests into the input of a verb, for the command line and for a controller alike.

Here: the input of one shoot (`shoot_input`), its parts (`bucket`, `credentials`, `region`, `user_data`), how to put it
together (`resolve`), and the check that it keeps the rules (`read`). Not here: reading files (`manifests`), the rules
(`validation`), and the verbs themselves (`workflows`).
"""

from provisioner.inputs.bucket import Bucket
from provisioner.inputs.read import read_shoots
from provisioner.inputs.shoot_input import ShootInput, status_images

__all__ = ["Bucket", "ShootInput", "read_shoots", "status_images"]

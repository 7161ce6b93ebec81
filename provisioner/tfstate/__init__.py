"""
The inside of Terraform state files (format version 4): the only room that knows how terraform writes them.

Here: recognising a state (`parse`), reading one (`state`), changing one (`document`), comparing two (`diff`), and
masking sensitive values (`sensitive`). Not here: where states are kept and which shoot they belong to (`state`), and
what their resources mean to a shoot.
"""

from provisioner.tfstate.address import Address
from provisioner.tfstate.document import StateDocument
from provisioner.tfstate.parse import ParsedState, parse_state
from provisioner.tfstate.state import Instance, State

__all__ = ["Address", "Instance", "ParsedState", "State", "StateDocument", "parse_state"]

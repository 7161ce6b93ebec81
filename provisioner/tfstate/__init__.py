"""
The inside of Terraform state files (format version 4): the only room that knows how terraform writes them.

Here: telling a state from something else (`parse`), reading one (`state`), changing one (`document`), what differs
between two (`diff`), and what of one is not shown (`sensitive`). Not here: where states are kept and whose they are
(`state`), what the resources in them mean to a shoot.
"""

from provisioner.tfstate.address import Address
from provisioner.tfstate.document import StateDocument
from provisioner.tfstate.parse import ParsedState, parse_state
from provisioner.tfstate.state import Instance, State

__all__ = ["Address", "Instance", "ParsedState", "State", "StateDocument", "parse_state"]

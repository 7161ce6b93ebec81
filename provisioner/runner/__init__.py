"""
Drives the terraform executable: finds the engine, builds commands, reads the JSON event stream live, passes signals on,
turns diagnostics into errors.

What does not live here: what is in the root module (`render`), where the state goes (`state`), what to do about a plan
(`run`).
"""

from provisioner.runner.at_work import is_at_work
from provisioner.runner.engine import Engine, find_engine
from provisioner.runner.events import Change, Event, parse_event
from provisioner.runner.interruption import Interruption
from provisioner.runner.outcome import Plan
from provisioner.runner.provider import Pin, Providers
from provisioner.runner.terraform import Terraform
from provisioner.runner.watchdog import Authority

__all__ = [
    "Authority",
    "Change",
    "Engine",
    "Event",
    "Interruption",
    "Pin",
    "Plan",
    "Providers",
    "Terraform",
    "find_engine",
    "is_at_work",
    "parse_event",
]

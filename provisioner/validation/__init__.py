"""
The rules that manifests must keep, also across objects; every problem at once, no cloud contact.

Here: rules as small pure functions, one module per subject, each yielding problems, and the decision whether a problem
is an error or a warning. Not here: the shape and types of objects (`api`, checked while reading), and facts that only
the cloud knows, such as whether a VPC exists (`run`, before a plan).
"""

from provisioner.validation.findings import Findings
from provisioner.validation.validate import validate

__all__ = ["Findings", "validate"]

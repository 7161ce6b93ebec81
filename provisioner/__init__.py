"""Provisions Gardener shoot infrastructure and workers on Alibaba Cloud with Terraform."""

__all__: list[str] = ["__version__"]

__version__ = "0.1.0"

"""
Rendering: writes the root module of one Terraform run and its `terraform.tfvars.json`.

What lives here: which files a working copy consists of, and their bytes. Values travel as JSON, whose strings Terraform
takes literally; the templates hold wiring only and never see a value, so nothing from a manifest can become Terraform
syntax. Identical input gives identical bytes.

What does not: deciding the values (`translate`), writing the files and running Terraform (`runner`), the modules
themselves (`terraform/`, hand-written).
"""

from __future__ import annotations

from provisioner.render.root import (
    ENDPOINT_SERVICES,
    ProviderSettings,
    Template,
    module_files,
    pinned_provider,
    render_kept_tags,
    render_root,
)

__all__ = [
    "ENDPOINT_SERVICES",
    "ProviderSettings",
    "Template",
    "module_files",
    "pinned_provider",
    "render_kept_tags",
    "render_root",
]

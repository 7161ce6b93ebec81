"""The files of a root module, and of the modules it calls."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Final, Literal, TypeAlias

from provisioner.errors import ManifestError, Problem
from provisioner.ids import RegionId, Root

Template: TypeAlias = Root | Literal["destroy"]
"""
The root modules. `destroy` is empty: applied to a state, it destroys everything in the state, in the order that the
state records. It needs no value from a manifest, so a shoot with invalid manifests can still be deleted.
"""

ENDPOINT_SERVICES: Final = ("bssopenapi", "ecs", "ess", "location", "ram", "slb", "sts", "vpc")
"""The services whose endpoint can be set: those that the provider asks on behalf of our modules, and `slb`."""

_MODULES: Final = ("infrastructure", "worker-pool")
_FILES: Final = ("main.tf", "variables.tf", "outputs.tf", "versions.tf")


@dataclass(frozen=True, slots=True)
class ProviderSettings:
    """
    Where the provider reaches the cloud. Never credentials: those reach it by environment only.

    Source: aliyun/terraform-provider-alicloud `alicloud/provider.go` at 1.289.0, read 2026-11.
    """

    region: RegionId
    protocol: Literal["HTTP", "HTTPS"] = "HTTPS"
    endpoints: Mapping[str, str] = field(default_factory=dict)
    """`host` or `host:port`, without a scheme, by service (`ENDPOINT_SERVICES`); empty for the public endpoints."""
    account_type: Literal["Domestic", "International"] | None = None
    """When set, the provider does not ask the billing service for it at each start."""
    skip_region_validation: bool = False
    """The provider knows the regions of its release only; a newer one needs this."""

    def as_variable(self) -> dict[str, object]:
        """Return the value of the root's variable `provider_settings`."""
        return {
            "region": self.region,
            "protocol": self.protocol,
            "endpoints": dict(self.endpoints),
            "account_type": self.account_type,
            "skip_region_validation": self.skip_region_validation,
        }


def render_root(
    root: Template,
    variables: Mapping[str, object],
    provider: ProviderSettings,
    user_data: Mapping[str, str] | None = None,
) -> dict[str, bytes]:
    """
    Return the files of a root module by name, as they stand in the folder `<root>/`.

    `user_data` (worker pool -> base64) goes into a separate file, `secrets.auto.tfvars.json`. None leaves that file
    out: files rendered for reading hold no user data.

    Raises:
        ManifestError: a value cannot be written as JSON, such as a string with half a surrogate pair.
        ValueError: `variables` names one of those that have a parameter or a file of their own, or variables or user
            data are given to a root that takes none.
    """
    if root == "destroy" and variables:
        raise ValueError("the root destroy has no variables")
    reserved = sorted({"kept_tags", "provider_settings", "user_data"} & variables.keys())
    if reserved:
        raise ValueError(f"{', '.join(reserved)}: not given among the variables, but by a parameter or in a file")
    if user_data is not None and root != "worker":
        raise ValueError(f"the root {root} takes no user data")

    files = dict(_rendered_templates(root))
    files["terraform.tfvars.json"] = _json_bytes({**variables, "provider_settings": provider.as_variable()})
    if user_data is not None:
        files["secrets.auto.tfvars.json"] = _json_bytes({"user_data": dict(user_data)})
    return files


def render_kept_tags(kept_tags: Mapping[str, Mapping[str, str]]) -> dict[str, bytes]:
    """
    Return the file that lists, beside a root's other variables, the foreign tags that it keeps.

    They are known only right before a plan: files rendered for reading have none.
    """
    return {"kept-tags.auto.tfvars.json": _json_bytes({"kept_tags": kept_tags})}


def module_files() -> dict[str, bytes]:
    """Return the Terraform files of all modules by name, `modules/infrastructure/main.tf` and so on."""
    modules = _terraform_folder() / "modules"
    return {
        f"modules/{module}/{name}": (modules / module / name).read_bytes() for module in _MODULES for name in _FILES
    }


def pinned_provider() -> tuple[str, dict[str, list[str]]]:
    """Return the version of the provider to run, and the checksums of its release by platform (`linux_amd64`)."""
    document = json.loads((_terraform_folder() / "provider-checksums.json").read_bytes())
    return document["version"], document["checksums"]


@cache
def _rendered_templates(root: Template) -> tuple[tuple[str, bytes], ...]:
    """Return the rendered templates of a root, which depend on nothing but the root."""
    import jinja2

    folder = _terraform_folder() / "roots"
    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(lambda name: (folder / name).read_text(encoding="utf-8")),
        undefined=jinja2.StrictUndefined,
        autoescape=False,  # noqa: S701 - HCL, not HTML; and no value from outside reaches a template
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    template_of = {name: f"{root}.{name}.j2" for name in _FILES} | {"versions.tf": "versions.tf.j2"}
    if root == "destroy":
        del template_of["outputs.tf"]
    constants = {"endpoint_services": ENDPOINT_SERVICES, "endpoint_width": max(map(len, ENDPOINT_SERVICES))}
    return tuple(
        (name, environment.get_template(template).render(constants).encode("utf-8"))
        for name, template in template_of.items()
    )


def _terraform_folder() -> Traversable:
    """Return the folder `terraform/`: inside the package when installed from a wheel, next to it in a checkout."""
    package = resources.files("provisioner")
    installed = package / "terraform"
    if installed.is_dir():
        return installed
    return Path(str(package)).parent / "terraform"


def _json_bytes(document: Mapping[str, object]) -> bytes:
    """Return a JSON document that is the same for the same content, ends with a newline and is readable as it is."""
    try:
        text = json.dumps(document, ensure_ascii=False, allow_nan=False, indent=2, sort_keys=True)
        return (text + "\n").encode("utf-8")
    except ValueError as error:  # not a number, or (UnicodeEncodeError) not a string that UTF-8 can hold
        problems = [
            Problem("terraform.tfvars.json", path, "Invalid", detail, "write it as valid text or a finite number")
            for path, detail in _unwritable("", document)
        ]
        if not problems:
            raise
        raise ManifestError(problems) from error


def _unwritable(path: str, value: object) -> Iterator[tuple[str, str]]:
    """Yield where `value` cannot be written, and why."""
    if isinstance(value, str):
        try:
            value.encode("utf-8")
        except UnicodeEncodeError as error:
            yield path, f"character {error.start} is half of a surrogate pair, which no text can hold"
    elif isinstance(value, float):
        if value - value != 0.0:
            yield path, f"{value} is not a finite number"
    elif isinstance(value, Mapping):
        for key, item in value.items():
            # ascii(): a path is printed, and half a surrogate pair cannot be.
            step = str(key) if str(key).isidentifier() else f"[{key!a}]"
            yield from _unwritable(path, key)
            yield from _unwritable(f"{path}.{step}" if path and step[0] != "[" else f"{path}{step}", item)
    elif isinstance(value, (list, tuple)):
        for index, item in enumerate(value):
            yield from _unwritable(f"{path}[{index}]", item)

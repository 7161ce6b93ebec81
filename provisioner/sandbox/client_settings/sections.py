"""The settings of a served sandbox as text to paste: a section per language, each quoted for it."""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable, Mapping
from typing import TypeAlias

from provisioner.sandbox.client_settings.hcl import to_hcl_block
from provisioner.sandbox.client_settings.settings import REGION, ClientSettings, over_tls

IsPrintable: TypeAlias = Callable[[str], bool]
"""Says whether text can be shown on a terminal as it is."""

_CLI_PROFILE = "provision-sandbox"
_SPECIAL = frozenset("\\'")
"""Characters with a meaning between `$'` and `'`."""


def render_sections(settings: ClientSettings, is_printable: IsPrintable) -> str:
    """Return every section; their headings are comments in each of the languages."""
    sections = {
        "shell: environment for terraform, the SDKs, oss2 and the aliyun CLI": _environment(settings, is_printable),
        "terraform: the unmodified aliyun/alicloud provider": _provider(settings),
        "terraform: its own states in the sandbox's OSS": _backend(settings),
        "python: the current SDKs": _sdk(settings),
        "python: oss2": _oss2(settings),
        "shell: the aliyun CLI": _aliyun(settings),
    }
    return "\n".join(f"# === {heading} ===\n{text}" for heading, text in sections.items())


def _environment(settings: ClientSettings, is_printable: IsPrintable) -> str:
    environment = {name: value for name, value in settings.environment.items() if name not in settings.reattach}
    return (
        "# For a shell of its own: SSL_CERT_FILE takes the place of the system's authorities in Go programs, so fetch\n"
        "# providers (terraform init) before.\n"
        f"{_exports(environment, is_printable)}"
        "# The embedded provider, for one terraform at a time; leave the next line out and terraform uses the real\n"
        "# provider.\n"
        f"{_exports(settings.reattach, is_printable)}"
    )


def _exports(environment: Mapping[str, str], is_printable: IsPrintable) -> str:
    return "".join(f"export {name}={_shell_word(value, is_printable)}\n" for name, value in environment.items())


def _shell_word(value: str, is_printable: IsPrintable) -> str:
    """Return a value as a word of a shell, on one line and harmless to a terminal."""
    if is_printable(value):
        return shlex.quote(value)
    words = (
        char if is_printable(char) and char not in _SPECIAL else "".join(f"\\{byte:03o}" for byte in os.fsencode(char))
        for char in value
    )
    return f"$'{''.join(words)}'"


def _provider(settings: ClientSettings) -> str:
    comment = "# Without TF_REATTACH_PROVIDERS, but with SSL_CERT_FILE: some of its calls use HTTPS in any case.\n"
    return comment + to_hcl_block('provider "alicloud"', settings.provider)


def _backend(settings: ClientSettings) -> str:
    comment = "# The bucket exists. Terraform 1.11 takes HTTPS_PROXY and HTTP_PROXY to loopback too: unset them.\n"
    return comment + to_hcl_block("terraform", {'backend "oss"': settings.backend})


def _sdk(settings: ClientSettings) -> str:
    return f"""\
# The other products likewise: all have this endpoint. protocol="HTTP" needs no ca.
# aliyunsdkcore: request.set_endpoint({settings.openapi_host!r})
from alibabacloud_tea_openapi.utils_models import Config
from alibabacloud_vpc20160428.client import Client
from alibabacloud_vpc20160428.models import DescribeVpcsRequest

config = Config(
    access_key_id={settings.access_key_id!r},
    access_key_secret={settings.access_key_secret!r},
    region_id={REGION!r},
    endpoint={settings.openapi_host!r},
    protocol="HTTPS",
    ca={str(settings.ca_path)!r},
)
vpcs = Client(config).describe_vpcs(DescribeVpcsRequest(region_id={REGION!r})).body
print(vpcs.total_count, "VPCs")
"""


def _oss2(settings: ClientSettings) -> str:
    return f"""\
# Over TLS: {over_tls(settings.oss_url)}, with an oss2.Session() whose session.verify is the ca above.
import oss2

auth = oss2.Auth({settings.access_key_id!r}, {settings.access_key_secret!r})
bucket = oss2.Bucket(auth, {settings.oss_url!r}, {settings.bucket!r})
keys = [entry.key for entry in oss2.ObjectIterator(bucket)]
print(len(keys), "objects")
"""


def _aliyun(settings: ClientSettings) -> str:
    configure = {
        "--profile": _CLI_PROFILE,
        "--mode": "AK",
        "--access-key-id": settings.access_key_id,
        "--access-key-secret": settings.access_key_secret,
        "--region": REGION,
    }
    profile = ("--profile", _CLI_PROFILE)
    commands = (
        ("aliyun", "configure", "set", *(word for pair in configure.items() for word in pair)),
        ("aliyun", "vpc", "DescribeVpcs", *profile, "--endpoint", settings.openapi_host, "--insecure"),
        ("aliyun", "oss", "ls", f"oss://{settings.bucket}", *profile, "--endpoint", settings.oss_url),
    )
    comment = (
        "# The first makes this profile the current one; the way back: aliyun configure switch --profile default\n"
    )
    return comment + "".join(f"{shlex.join(command)}\n" for command in commands)

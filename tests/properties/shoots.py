"""
Manifests of a shoot, valid by construction, as in examples/shoot.yaml: Shoot, CloudProfile, BackupBucket, Secrets.

What a strategy draws decides everything, and nothing is thrown away. The names of the domain are written out here
instead of being taken from the product, which is what is tested.
"""

from __future__ import annotations

import base64
import copy
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml
from hypothesis import strategies as st

from tests.properties.cloud_profiles import CORE, Offer, offers
from tests.properties.networks import Network, networks
from tests.properties.pools import pool_names, pools
from tests.properties.texts import HOSTILE, hostile_texts

_KEY = (
    "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQDzNFJ58gt4w0nIuu7ef+kyirf8aWaD7yzrQkkwPK4kyHldNlqlDcOOOJ0wp3OD"
    "PbTSjlKG1Ex2sayIkppDXky2daUmj9RXMNhNtpQ1u5/RCixQv3eyOiWlvumea1Y/Gj46PMQbmNBZXlH9+hGCL8DfpC8FzitaGbiU"
    "rV6nCesd3Nmezl4FI//ZCEQ5bv2xzDPB41TEf2RipH9vnmCiIu3FpAVJPBEbrMbqGaceg635V8MqqA7rR6s0Vupe94Bz+y27rqsB"
    "ob/0ypCTHFcwyZ/twCVEsl/Zo/s1Gw7WDws1MXBN1Icm1JY6iisexNImTZUDT3T03GuX3Ff6MmvAcvnB"
)
_MOST_USER_DATA = 32 * 1024
_SECRET_ENDS = ("abcd", "'\"${x}", "%{ if }", "{{ x }}")
_MARKER = "user-data-of-this-shoot"
"""In every pool's user data, so that it is known again wherever it turns up."""


@dataclass(frozen=True)
class GeneratedShoot:
    """Manifests, and what is known about them without reading them again."""

    documents: list[dict[str, Any]]
    offer: Offer
    network: Network
    pools: list[dict[str, Any]]
    user_data: Mapping[str, bytes]
    """By pool; a pool without any is left out."""
    access_key_id: str
    access_key_secret: str
    technical_id: str
    is_hibernated: bool
    has_ssh_key: bool
    as_json: bool

    @property
    def text(self) -> str:
        """The manifests as a file."""
        return write(self.documents, as_json=self.as_json)

    @property
    def secrets(self) -> tuple[str, ...]:
        """Texts that must not appear anywhere: the middle of the access key's secret, and what marks user data."""
        return self.access_key_secret[:24], _MARKER

    def __str__(self) -> str:
        """Return the manifests, for the reader of a failed test."""
        return write(self.documents)

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """Let hypothesis print what is short."""
        printer.text(f"GeneratedShoot({self.technical_id})")


def write(documents: list[Any], *, as_json: bool = False) -> str:
    """Return documents as a file: YAML, or one List as JSON."""
    if as_json:
        return json.dumps({"apiVersion": "v1", "kind": "List", "items": documents})
    dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    text: str = yaml.dump_all(documents, Dumper=dumper, sort_keys=False, allow_unicode=True, width=120)
    return text


@st.composite
def shoots(
    draw: st.DrawFn,
    *,
    most_zones: int = 5,
    most_pools: int = 6,
    most_machines: int = 10_000,
) -> GeneratedShoot:
    """Return the manifests of a shoot; `most_machines` is the greatest minimum of a pool."""
    offer = draw(offers(most_zones))
    number = draw(st.integers(0, 2**31))
    technical_id, identity = draw(_identities(number))
    is_new = "status" not in identity
    network = draw(networks(offer.region, offer.zones, is_new=is_new))
    count = draw(st.integers(1 if is_new else 0, most_pools))
    names = draw(st.lists(pool_names(is_new=is_new), min_size=count, max_size=count, unique=True))
    room = network.room
    workers = [draw(pools(offer, room, name, most_machines=most_machines, is_new=is_new)) for name in names]
    is_hibernated = draw(st.sampled_from([False, False, False, True]))
    ssh_access = draw(st.sampled_from([None, None, True, False]))
    shoot: dict[str, Any] = {
        "apiVersion": CORE,
        "kind": "Shoot",
        **identity,
        "spec": {
            **draw(
                st.sampled_from(
                    [{"cloudProfile": {"kind": "CloudProfile", "name": "alicloud"}}, {"cloudProfileName": "alicloud"}]
                )
            ),
            draw(st.sampled_from(["secretBindingName", "credentialsBindingName"])): "cloudprovider",
            "region": offer.region,
            "kubernetes": {"version": "1.31.4"},
            "networking": network.networking,
            "provider": {"type": "alicloud", "infrastructureConfig": network.config, "workers": workers},
        },
    }
    if is_hibernated or draw(st.booleans()):
        shoot["spec"]["hibernation"] = {"enabled": is_hibernated}
    if ssh_access is not None:
        shoot["spec"]["provider"]["workersSettings"] = {"sshAccess": {"enabled": ssh_access}}
    shoot_name, namespace = shoot["metadata"]["name"], shoot["metadata"]["namespace"]
    # The secret depends on the id: one key has one secret, in whatever order shoots reach the same sandbox.
    access_key_id = f"LTAI{hashlib.sha256(str(number).encode()).hexdigest()[:16]}"
    access_key_secret = hashlib.sha256(access_key_id.encode()).hexdigest()[:26] + _SECRET_ENDS[number % 4]
    secrets = [
        _secret(draw, "cloudprovider", namespace, {"accessKeyID": access_key_id, "accessKeySecret": access_key_secret})
    ]
    has_keypair = draw(st.booleans())
    if has_keypair:
        key = _KEY + draw(st.sampled_from(["", "\n", " canary", " ü ${x} %{y}\n"]))
        secrets.append(_secret(draw, f"{shoot_name}.ssh-keypair", namespace, {"id_rsa.pub": key}))
    user_data = {name: draw(_user_data()) for name in names if draw(st.integers(0, 5))}
    for name, data in user_data.items():
        secrets.append(_secret(draw, f"{name}-user-data", namespace, {"cloud_config": data}))
    bucket_region = draw(st.sampled_from([offer.region, "eu-central-1"]))
    regions = offer.profile["spec"]["regions"]
    if bucket_region != offer.region:
        regions.append({"name": bucket_region})
    bucket = {
        "apiVersion": "extensions.gardener.cloud/v1alpha1",
        "kind": "BackupBucket",
        "metadata": {"name": f"bucket-{number}-{bucket_region}"},
        "spec": {
            "type": "alicloud",
            "region": bucket_region,
            "secretRef": draw(st.sampled_from([{"name": "cloudprovider", "namespace": namespace}, {}])),
        },
    }
    documents = draw(st.permutations([shoot, offer.profile, bucket, *secrets]))
    return GeneratedShoot(
        documents=documents,
        offer=offer,
        network=network,
        pools=copy.deepcopy(workers),
        user_data=user_data,
        access_key_id=access_key_id,
        access_key_secret=access_key_secret,
        technical_id=technical_id,
        is_hibernated=is_hibernated,
        has_ssh_key=has_keypair and ssh_access is not False,
        as_json=draw(st.sampled_from([False, False, False, True])),
    )


@st.composite
def _identities(draw: st.DrawFn, number: int) -> tuple[str, dict[str, Any]]:
    """Return a technical ID, and metadata and status that lead to it."""
    form = draw(st.sampled_from(["hand-written", "uid", "status", "status with uid", "old"]))
    # The names of a new shoot and its project have at most 21 characters together.
    longest = "x" * 6 if form in ("hand-written", "uid") else "x" * 30
    name = f"s{number}" + draw(st.sampled_from(["", "-a", "0", longest]))
    project = draw(st.sampled_from(["demo", "d-1", "0", "x"]))
    metadata = {"name": name, "namespace": f"garden-{project}"}
    uid = "3f0d4f52-8c0e-4a5b-9d57-6f1f6c1b2a90"
    usual = f"shoot--{project}--{name}"
    if form == "hand-written":
        return usual, {"metadata": metadata}
    if form == "uid":
        return usual, {"metadata": {**metadata, "uid": uid}}
    if form == "status":
        return usual, {"metadata": metadata, "status": {"technicalID": usual}}
    if form == "status with uid":
        return usual, {"metadata": metadata, "status": {"technicalID": usual, "uid": uid}}
    old = f"shoot-{project}-{name}"
    return old, {"metadata": {**metadata, "namespace": "anything"}, "status": {"technicalID": old, "uid": uid}}


@st.composite
def _user_data(draw: st.DrawFn) -> bytes:
    """Return user data with its mark in it: text that could be misread, bytes that are no text, or the largest."""
    form = draw(st.sampled_from(["text", "text", "bytes", "largest"]))
    if form == "text":
        return (draw(st.sampled_from(HOSTILE)) + _MARKER + draw(hostile_texts())).encode()
    if form == "bytes":
        return _MARKER.encode() + draw(st.binary(max_size=40))
    return _MARKER.encode().ljust(_MOST_USER_DATA, b"\n")


def _secret(draw: st.DrawFn, name: str, namespace: str, values: Mapping[str, str | bytes]) -> dict[str, Any]:
    """Return a Secret with each value as text or as base64."""
    secret: dict[str, Any] = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name, "namespace": namespace}}
    for key, value in values.items():
        raw = value.encode() if isinstance(value, str) else value
        if _is_text(raw) and draw(st.booleans()):
            secret.setdefault("stringData", {})[key] = raw.decode()
        else:
            secret.setdefault("data", {})[key] = base64.b64encode(raw).decode()
    return secret


def _is_text(raw: bytes) -> bool:
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True

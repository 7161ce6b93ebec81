"""SSH key pairs (Ecs 2014-05-26); the name is the id."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

from provisioner.sandbox.actions.naming import check_name
from provisioner.sandbox.actions.paging import answer_page
from provisioner.sandbox.actions.tagging import matches_tags, new_tags, show_tags
from provisioner.sandbox.cloud import ActionError
from provisioner.sandbox.cloud.call import Answer, Call, timestamp
from provisioner.sandbox.cloud.resource import Resource

# As ImportKeyPair documents them; Ed25519 is not among them.
_ALGORITHMS = ("rsa", "dsa", "ssh-rsa", "ssh-dss", "ecdsa")


def create_key_pair(call: Call) -> Answer:
    """Make a key pair; its private half is in the answer and nowhere else."""
    # Imported here: it costs more than everything else in this room, and few callers ask for a key pair.
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    name = _checked_name(call)
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public = key.public_key().public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
    return {**_register(call, name, public.decode()), "KeyPairId": "", "PrivateKeyBody": private.decode()}


def import_key_pair(call: Call) -> Answer:
    """Register the public half of a key pair under a name that is unique in the region."""
    return _register(call, _checked_name(call), call.params.required("PublicKeyBody"))


def _register(call: Call, name: str, public_key: str) -> Answer:
    region = call.region
    fingerprint = _fingerprint(public_key)
    tags = new_tags(call)
    if call.find("key_pair", name) is not None:
        raise ActionError("KeyPair.AlreadyExist", "The key pair already exist.")
    call.check_quota(
        "key_pair",
        call.tx.count("key_pair", account=call.account, region=region),
        ActionError("QuotaExceed.KeyPair", "The key pair quota exceeds.", 403),
    )
    document = {**call.params.echo("ResourceGroupId"), "FingerPrint": fingerprint, "Tags": tags}
    call.create("key_pair", name, region=region, name=name, document=document)
    return {"KeyPairName": name, "KeyPairFingerPrint": fingerprint}


def describe_key_pairs(call: Call) -> Answer:
    """Return key pairs, filtered by name (`*` at either end), fingerprint, resource group and tags."""
    _ = call.region
    params = call.params
    found = [
        pair
        for pair in call.list("key_pair")
        if _matches(params.text("KeyPairName"), pair.name)
        and params.text("KeyPairFingerPrint") in ("", pair.document["FingerPrint"])
        and params.text("ResourceGroupId") in ("", pair.document.get("ResourceGroupId"))
        and matches_tags(call, pair)
    ]
    return answer_page(call, found, _show, "KeyPairs", "KeyPair")


def delete_key_pairs(call: Call) -> Answer:
    """Delete key pairs that no instance uses; names that do not exist are passed over."""
    names = call.params.json_texts("KeyPairNames")
    if not names:
        raise ActionError(
            "MissingParameter",
            'The input parameter "KeyPairNames" that is mandatory for processing this request is not supplied.',
        )
    if any(call.list("instance", linked_to=link(name)) for name in names):
        raise ActionError(
            "InvalidParameter.KeypairAlreadyAttachedInstance",
            'The specified parameter "KeyPairNames" attached to instances can not be deleted.',
        )
    call.tx.remove(pair for pair in call.list("key_pair") if pair.name in names)
    return {}


def link(name: str) -> str:
    """Return what the instances with a key pair are found by; no action of its own."""
    return f"key_pair/{name}"


def _show(pair: Resource) -> dict[str, Any]:
    return {
        "KeyPairName": pair.name,
        "KeyPairFingerPrint": pair.document["FingerPrint"],
        "CreationTime": timestamp(pair.created_at),
        "ResourceGroupId": pair.document.get("ResourceGroupId", ""),
        "Tags": {"Tag": show_tags(pair)},
    }


def _checked_name(call: Call) -> str:
    name = call.params.required("KeyPairName")
    refusal = ActionError("InvalidKeyPairName.Malformed", "Specified Key Pair name is not valid.")
    check_name(name, refusal, shortest=2, extra=":_.-")
    return name


def _matches(pattern: str, name: str) -> bool:
    if pattern.strip("*") == "":
        return True
    wanted = pattern.strip("*")
    starts = pattern.startswith("*") or name.startswith(wanted)
    ends = pattern.endswith("*") or name.endswith(wanted)
    return wanted in name and starts and ends and ("*" in pattern or wanted == name)


def _fingerprint(public_key: str) -> str:
    """Return the MD5 fingerprint of an OpenSSH public key (RFC 4716) or refuse the key."""
    refusal = ActionError("InvalidPublicKeyBody.Malformed", "The PublicKeyBody format is not supported.")
    parts = public_key.split()
    if len(parts) < 2 or not parts[0].startswith(_ALGORITHMS):  # noqa: PLR2004 - algorithm and key
        raise refusal
    try:
        blob = base64.b64decode(parts[1], validate=True)
    except ValueError:  # also for what is not ASCII
        raise refusal from None
    # The key itself repeats the algorithm behind a four-byte length.
    if not blob[4:].startswith(parts[0].encode()):
        raise refusal
    digest = hashlib.md5(blob, usedforsecurity=False).hexdigest()
    return ":".join(digest[at : at + 2] for at in range(0, len(digest), 2))


READS = {"DescribeKeyPairs": describe_key_pairs}
WRITES = {"CreateKeyPair": create_key_pair, "ImportKeyPair": import_key_pair, "DeleteKeyPairs": delete_key_pairs}

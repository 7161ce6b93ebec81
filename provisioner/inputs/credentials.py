"""The credentials of a shoot: a binding's, those of the Secret beside it, or the environment's."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from provisioner.api.alicloud_v1alpha1 import PROVIDER_TYPE
from provisioner.api.bindings import CredentialsBinding, SecretBinding
from provisioner.api.core_v1beta1 import Secret, Shoot
from provisioner.api.secret_names import CREDENTIALS_SECRET, environment_key
from provisioner.api.text import show
from provisioner.cloud import Credentials
from provisioner.errors import ManifestError, Problem
from provisioner.manifests import Manifests
from provisioner.translate.identity import Identity

_ACCESS_KEY_ID = "accessKeyID"
_ACCESS_KEY_SECRET = "accessKeySecret"  # noqa: S105 - the name of a key, not a secret
_SECURITY_TOKEN = "securityToken"  # noqa: S105 - the name of a key, not a secret


class CredentialSource:
    """Finds the credentials of one shoot: in the manifests, or else in the environment."""

    def __init__(self, manifests: Manifests, environ: Mapping[str, str], warn: Callable[[Problem], None]) -> None:
        self._manifests = manifests
        self._environ = environ
        self._warn = warn

    def of_shoot(self, shoot: Shoot, identity: Identity, find_secret: Callable[[str], Secret | None]) -> Credentials:
        """Return the credentials that a Shoot refers to; raises ManifestError."""
        binding = self._manifests.binding_of(shoot)
        spec = shoot.spec
        named = spec.credentials_binding_name or spec.secret_binding_name
        path = shoot.binding_path
        if binding is not None:
            return self._behind(identity.reference, path, binding)
        found = find_secret(CREDENTIALS_SECRET)
        absent = self._manifests.describe_absent_secret(CREDENTIALS_SECRET, shoot.metadata.namespace)
        if named and named != CREDENTIALS_SECRET:
            what = "CredentialsBinding" if spec.credentials_binding_name else "SecretBinding"
            absent = f"{what} {show(named)} is not in the input, and {absent}"
            if found is not None and found.metadata.namespace != identity.technical_id:
                self._warn(
                    Problem(
                        identity.reference,
                        path,
                        "Required",
                        f"{what} {show(named)} is not in the input; assuming that it leads to {found.reference}",
                        "add the binding and its Secret",
                    )
                )
        return self._of_secret(identity.reference, path, found, absent)

    def of_reference(self, reference: str, path: str, name: str, namespace: str | None) -> Credentials:
        """Return the credentials in the Secret that `path` of an object names; raises ManifestError."""
        manifests = self._manifests
        absent = manifests.describe_absent_secret(name, namespace)
        return self._of_secret(reference, path, manifests.secret(name, namespace), absent)

    def _behind(self, reference: str, path: str, binding: SecretBinding | CredentialsBinding) -> Credentials:
        """Return the credentials that a binding leads to; raises ManifestError."""
        types = binding.provider_types
        if PROVIDER_TYPE not in types:
            raise ManifestError.single(
                binding.reference,
                "provider.type",
                "NotSupported",
                f"{show(', '.join(sorted(types)))} is not the provider type of the shoot",
                f"name a binding of type {PROVIDER_TYPE} in the Shoot",
            )
        if not binding.has_access_key:
            raise ManifestError.single(
                binding.reference,
                "credentialsRef.kind",
                "NotSupported",
                f"{show(binding.credentials.kind)} is not supported: a run needs an access key",
                "point the binding to a Secret or an InternalSecret with accessKeyID and accessKeySecret",
            )
        secret = self._manifests.secret_behind(binding)
        return self._of_secret(reference, path, secret, self._manifests.describe_absent_behind(binding))

    def _of_secret(self, reference: str, path: str, secret: Secret | None, absent: str) -> Credentials:
        """Return the credentials in a Secret, or the environment's without one; raises ManifestError."""
        if secret is not None:
            return read_credentials(secret)
        found = environment_key(self._environ)
        if found is not None:
            return Credentials(*found)
        raise ManifestError.single(
            reference,
            path,
            "Required",
            f"no credentials: {absent}",
            "add it with accessKeyID and accessKeySecret, or set ALICLOUD_ACCESS_KEY and ALICLOUD_SECRET_KEY",
        )


def read_credentials(secret: Secret) -> Credentials:
    """
    Return the access key in a Secret.

    Raises:
        ManifestError: a part is missing, or cannot be one.
    """
    values = {}
    problems = []
    # Only the access keys of STS have a token.
    tokens = (_SECURITY_TOKEN,) if _SECURITY_TOKEN in secret.keys else ()
    for key in (_ACCESS_KEY_ID, _ACCESS_KEY_SECRET, *tokens):
        value = secret.decoded(key)
        text = value.decode(errors="replace").strip() if value else ""
        if not text or not text.isascii() or not text.isprintable():
            problem = "is missing" if not text else "has characters that no access key has"
            problems.append(
                Problem(secret.reference, f"data.{key}", "Required" if not text else "Invalid", f"{key} {problem}")
            )
        values[key] = text
    if problems:
        raise ManifestError(problems)
    return Credentials(values[_ACCESS_KEY_ID], values[_ACCESS_KEY_SECRET], values.get(_SECURITY_TOKEN, ""))

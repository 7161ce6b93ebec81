"""Which Secret an object reads: the binding's or that of its own namespace, and never another one's."""

from __future__ import annotations

import copy
import io
from collections.abc import Callable
from typing import Any

import pytest
import yaml

from provisioner.errors import ManifestError
from provisioner.inputs import ShootInput
from provisioner.inputs.resolve import resolve_shoots
from provisioner.manifests import load_manifests
from tests.e2e.variants import NAMESPACE, Documents, example, seed_objects

GARDEN = "garden-demo"
OTHER = "garden-other"
KEYS = {"ALICLOUD_ACCESS_KEY": "LTAIenvironmentkey01", "ALICLOUD_SECRET_KEY": "a-secret-of-the-environment-30"}
OWN = "LTAIexampleexample01"
THEIRS = "LTAItheirs0000000001"

Resolve = Callable[..., ShootInput]


@pytest.fixture
def documents() -> Documents:
    """Return the example, whose bucket has the shoot's credentials."""
    documents = example()
    documents["BackupBucket"]["spec"].pop("secretRef")
    return documents


def resolve(documents: Documents, environ: dict[str, str] | None = None) -> ShootInput:
    text = yaml.safe_dump_all([item for item in documents.values() if item], sort_keys=False)
    return resolve_shoots(load_manifests(["-"], io.BytesIO(text.encode())), environ or {})[0]


def problem_of(documents: Documents) -> str:
    with pytest.raises(ManifestError) as caught:
        resolve(documents)
    return str(caught.value)


def add_secret(documents: Documents, name: str, namespace: str | None, kind: str = "Secret", **values: str) -> None:
    """Add a Secret with another owner's access key, or with other values."""
    values = values or {"accessKeyID": THEIRS, "accessKeySecret": "another-owners-secret-of-30-chars"}
    documents[f"{kind}/{namespace}/{name}"] = {
        "apiVersion": "v1" if kind == "Secret" else "core.gardener.cloud/v1beta1",
        "kind": kind,
        "metadata": {"name": name} | ({"namespace": namespace} if namespace else {}),
        "stringData": values,
    }


def bind(documents: Documents, called: str, /, *, place: str | None = GARDEN, **reference: str) -> None:
    """Let the Shoot name a CredentialsBinding that leads to a reference."""
    documents["Shoot"]["spec"]["credentialsBindingName"] = called
    documents["binding"] = {
        "apiVersion": "security.gardener.cloud/v1alpha1",
        "kind": "CredentialsBinding",
        "metadata": {"name": called} | ({"namespace": place} if place else {}),
        "provider": {"type": "alicloud"},
        "credentialsRef": {"apiVersion": "v1", "kind": "Secret", **reference},
    }


def bind_secret(documents: Documents, called: str, /, **reference: str) -> None:
    """Let the Shoot name a SecretBinding that leads to a reference."""
    spec = documents["Shoot"]["spec"]
    spec.pop("credentialsBindingName")
    spec["secretBindingName"] = called
    documents["binding"] = {
        "apiVersion": "core.gardener.cloud/v1beta1",
        "kind": "SecretBinding",
        "metadata": {"name": called, "namespace": GARDEN},
        "provider": {"type": "alicloud"},
        "secretRef": reference,
    }


BINDINGS = pytest.mark.parametrize("binding", [bind, bind_secret], ids=["CredentialsBinding", "SecretBinding"])


class TestBindings:
    """The binding says which credentials are meant, wherever they are."""

    @BINDINGS
    @pytest.mark.parametrize("namespace", [GARDEN, OTHER])
    def test_is_followed_past_a_secret_of_the_usual_name(
        self, documents: Documents, binding: Callable[..., None], namespace: str
    ) -> None:
        add_secret(documents, "team-b", namespace)
        binding(documents, "canary", name="team-b", namespace=namespace)
        assert resolve(documents).credentials.access_key_id == THEIRS

    @BINDINGS
    def test_means_its_own_namespace_where_it_says_none(
        self, documents: Documents, binding: Callable[..., None]
    ) -> None:
        add_secret(documents, "team-b", GARDEN)
        add_secret(documents, "team-b", OTHER, accessKeyID="LTAIwrong00000000001", accessKeySecret="x" * 30)
        binding(documents, "canary", name="team-b")
        assert resolve(documents).credentials.access_key_id == THEIRS

    @BINDINGS
    def test_whose_secret_is_not_there_takes_no_other_one(
        self, documents: Documents, binding: Callable[..., None]
    ) -> None:
        add_secret(documents, "team-b", GARDEN)
        binding(documents, "canary", name="team-b", namespace=OTHER)
        text = problem_of(documents)
        assert f'Secret "team-b" of {documents["binding"]["kind"]}/canary is not in the input in namespace' in text
        assert OWN not in text

    def test_of_another_namespace_is_another_shoots(self, documents: Documents) -> None:
        add_secret(documents, "team-b", OTHER)
        bind(documents, "canary", place=OTHER, name="team-b")
        found = resolve(documents)
        assert found.credentials.access_key_id == OWN
        assert 'CredentialsBinding "canary" is not in the input' in str(found.warnings[0])

    def test_may_lead_to_an_internal_secret(self, documents: Documents) -> None:
        add_secret(documents, "team-b", "garden", "InternalSecret")
        reference = {"apiVersion": "core.gardener.cloud/v1beta1", "kind": "InternalSecret"}
        bind(documents, "canary", name="team-b", namespace="garden", **reference)
        assert resolve(documents).credentials.access_key_id == THEIRS

    def test_to_a_workload_identity_is_not_supported(self, documents: Documents) -> None:
        reference = {"apiVersion": "security.gardener.cloud/v1alpha1", "kind": "WorkloadIdentity"}
        bind(documents, "canary", name="team-b", namespace=GARDEN, **reference)
        text = problem_of(documents)
        assert "CredentialsBinding/canary: credentialsRef.kind" in text
        assert '"WorkloadIdentity" is not supported' in text

    def test_for_another_cloud_is_refused(self, documents: Documents) -> None:
        add_secret(documents, "team-b", GARDEN)
        bind(documents, "canary", name="team-b", namespace=GARDEN)
        documents["binding"]["provider"]["type"] = "aws"
        assert 'CredentialsBinding/canary: provider.type: "aws"' in problem_of(documents)

    def test_name_is_not_the_name_of_a_secret(self, documents: Documents) -> None:
        """A user who names a Secret like another shoot's binding would give that shoot another account."""
        add_secret(documents, "canary", GARDEN)
        documents["Shoot"]["spec"]["credentialsBindingName"] = "canary"
        assert resolve(documents).credentials.access_key_id == OWN
        del documents["cloudprovider"]
        assert 'CredentialsBinding "canary" is not in the input' in problem_of(documents)


class TestNamespaces:
    """Without a binding: the object's namespace, for a Shoot that on its seed, and nowhere else."""

    @pytest.mark.parametrize("name", ["cloudprovider", "canary.ssh-keypair", "general-user-data"])
    def test_a_secret_of_another_namespace_belongs_to_another_object(self, documents: Documents, name: str) -> None:
        documents[name]["metadata"]["namespace"] = OTHER
        found = resolve(documents, KEYS)
        assert found.credentials.access_key_id == (OWN if name != "cloudprovider" else KEYS["ALICLOUD_ACCESS_KEY"])
        assert bool(found.infrastructure and found.infrastructure.spec.ssh_public_key) is (name != "canary.ssh-keypair")
        assert sorted(found.user_data) == ["database", "general"][: 1 if name == "general-user-data" else 2]

    def test_where_it_is_instead_is_said(self, documents: Documents) -> None:
        documents["cloudprovider"]["metadata"]["namespace"] = OTHER
        text = problem_of(documents)
        assert f'Secret "cloudprovider" is not in the input in namespace "{GARDEN}", only in {OTHER}' in text

    def test_of_a_shoot_the_one_on_its_seed_is_taken_with_a_warning(self, documents: Documents) -> None:
        for name in ("cloudprovider", "general-user-data"):
            documents[name]["metadata"]["namespace"] = NAMESPACE
        found = resolve(documents)
        assert (found.credentials.access_key_id, sorted(found.user_data)) == (OWN, ["database", "general"])
        warned = [str(warning) for warning in found.warnings]
        assert len(warned) == 2
        assert f"Secret/cloudprovider is taken from the shoot's namespace on the seed, {NAMESPACE}" in warned[0]

    def test_beside_the_shoot_comes_before_on_its_seed(self, documents: Documents) -> None:
        add_secret(documents, "cloudprovider", NAMESPACE)
        found = resolve(documents)
        assert (found.credentials.access_key_id, found.warnings) == (OWN, ())

    @pytest.mark.parametrize("name", ["cloudprovider", "general-user-data"])
    def test_objects_of_a_seed_mean_their_own_namespace(self, documents: Documents, name: str) -> None:
        seed_objects(documents)
        documents[name]["metadata"]["namespace"] = GARDEN
        assert f'Secret "{name}" is not in the input in namespace "{NAMESPACE}", only in {GARDEN}' in problem_of(
            documents
        )

    def test_a_reference_may_lead_elsewhere(self, documents: Documents) -> None:
        seed_objects(documents)
        add_secret(documents, "keys", OTHER)
        for kind in ("Infrastructure", "Worker"):
            documents[kind]["spec"]["secretRef"] = {"name": "keys", "namespace": OTHER}
        assert resolve(documents).credentials.access_key_id == THEIRS

    def test_a_buckets_reference_means_what_it_says(self, documents: Documents) -> None:
        documents["BackupBucket"]["spec"]["secretRef"] = {"name": "cloudprovider", "namespace": OTHER}
        assert f"only in {GARDEN}" in problem_of(documents)
        documents["BackupBucket"]["spec"]["secretRef"] = {"name": "cloudprovider"}
        assert f'Secret "cloudprovider" is not in the input without a namespace, only in {GARDEN}' in problem_of(
            documents
        )


def another_shoot(documents: Documents, namespace: str = OTHER) -> dict[str, Any]:
    shoot = copy.deepcopy(documents["Shoot"])
    shoot["metadata"] = {"name": "canary", "namespace": namespace}
    shoot["status"] = {"technicalID": "shoot--other--canary", "uid": "0c2a8c1e-0000-4000-8000-000000000002"}
    documents["other shoot"] = shoot
    return shoot


class TestNoNamespace:
    """A Secret whose namespace was left out counts where one object alone can mean it."""

    NAMES = ("cloudprovider", "canary.ssh-keypair", "general-user-data", "database-user-data")

    def test_is_the_only_shoots(self, documents: Documents) -> None:
        for name in self.NAMES:
            del documents[name]["metadata"]["namespace"]
        found = resolve(documents)
        assert (found.credentials.access_key_id, len(found.user_data), found.warnings) == (OWN, 2, ())

    def test_counts_for_none_when_two_can_refer_to_it(self, documents: Documents) -> None:
        another_shoot(documents)
        del documents["cloudprovider"]["metadata"]["namespace"]
        text = problem_of(documents)
        assert (
            text.count('Secret "cloudprovider" has no namespace, and objects of several namespaces can refer to it')
            == 2
        )

    def test_is_whose_has_none_of_that_name(self, documents: Documents) -> None:
        another_shoot(documents)
        add_secret(documents, "cloudprovider", None)
        for name in self.NAMES[1:]:
            add_secret(documents, name, OTHER, x="y")
        text = yaml.safe_dump_all(documents.values())
        ours, other = resolve_shoots(load_manifests(["-"], io.BytesIO(text.encode())), {})
        assert (ours.credentials.access_key_id, other.credentials.access_key_id) == (OWN, THEIRS)

    def test_is_another_shoots_too_in_the_same_namespace(self, documents: Documents) -> None:
        another_shoot(documents, GARDEN)["metadata"]["name"] = "canary2"
        del documents["cloudprovider"]["metadata"]["namespace"]
        assert resolve(documents).credentials.access_key_id == OWN

    def test_is_an_objects_that_has_none_either(self, documents: Documents) -> None:
        del documents["Shoot"]["metadata"]["namespace"]
        for name in self.NAMES:
            documents[name]["metadata"].pop("namespace")
        add_secret(documents, "cloudprovider", OTHER)
        assert resolve(documents).credentials.access_key_id == OWN

    def test_of_a_binding_too(self, documents: Documents) -> None:
        add_secret(documents, "team-b", None)
        bind(documents, "canary", place=None, name="team-b")
        assert resolve(documents).credentials.access_key_id == THEIRS


@pytest.mark.parametrize("kept", [(), ("accessKeyID",), ("accessKeySecret",)], ids=["neither", "id", "secret"])
def test_credentials_are_whole_or_an_error(documents: Documents, kept: tuple[str, ...]) -> None:
    """Else those of the environment would be taken, which may be another account's."""
    data = documents["cloudprovider"]["stringData"]
    documents["cloudprovider"]["stringData"] = {key: data[key] for key in kept}
    with pytest.raises(ManifestError, match="is missing"):
        resolve(documents, KEYS)

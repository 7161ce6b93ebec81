"""Files, directories, standard input and lists into one collection."""

from __future__ import annotations

import contextlib
import io
import os
import socket
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from provisioner.api.component_config import ComponentConfig
from provisioner.errors import ManifestError, Problem
from provisioner.manifests import Manifests, load_manifests, read_documents

Load = Callable[[str], Manifests]
Refuse = Callable[[str], tuple[Problem, ...]]

EXAMPLES = Path(__file__).parents[3] / "examples"


def project(name: str) -> str:
    return f"apiVersion: core.gardener.cloud/v1beta1\nkind: Project\nmetadata: {{name: {name}}}\n"


def secret(name: str, namespace: str | None = None, key: str = "k") -> str:
    place = f", namespace: {namespace}" if namespace else ""
    return f"apiVersion: v1\nkind: Secret\nmetadata: {{name: {name}{place}}}\nstringData: {{{key}: v}}\n"


# The YAML blocks of the extension's operations document, without its `...` placeholders.
CLOUD_PROFILE_CONFIG = """\
apiVersion: alicloud.provider.extensions.gardener.cloud/v1alpha1
kind: CloudProfileConfig
machineImages:
- name: coreos
  versions:
  - version: 2023.4.0
    regions:
    - name: eu-central-1
      id: coreos_2023_4_0_64_30G_alibase_20190319.vhd
"""

CLOUD_PROFILE = """\
apiVersion: core.gardener.cloud/v1beta1
kind: CloudProfile
metadata:
  name: alicloud
spec:
  type: alicloud
  kubernetes:
    versions:
    - version: 1.16.1
    - version: 1.16.0
      expirationDate: "2020-04-05T01:02:03Z"
  machineImages:
  - name: coreos
    versions:
    - version: 2023.4.0
  machineTypes:
  - name: ecs.sn2ne.large
    cpu: "2"
    gpu: "0"
    memory: 8Gi
  volumeTypes:
  - name: cloud_efficiency
    class: standard
  - name: cloud_ssd
    class: premium
  regions:
  - name: eu-central-1
    zones:
    - name: eu-central-1a
    - name: eu-central-1b
  providerConfig:
    apiVersion: alicloud.provider.extensions.gardener.cloud/v1alpha1
    kind: CloudProfileConfig
    machineImages:
    - name: coreos
      versions:
      - version: 2023.4.0
        regions:
        - name: eu-central-1
          id: coreos_2023_4_0_64_30G_alibase_20190319.vhd
"""

COMPONENT_IMAGES = """\
machineImages:
- name: customized_coreos
  regions:
  - imageID: <image_id_in_eu_central_1>
    region: eu-central-1
  - imageID: <image_id_in_cn_shanghai>
    region: cn-shanghai
  version: 2191.4.1
"""

OWNER_SECRET = """\
machineImageOwnerSecret:
  name: machine-image-owner
  accessKeyID: <base64_encoded_access_key_id>
  accessKeySecret: <base64_encoded_access_key_secret>
"""

CONTROLLER_REGISTRATION = """\
apiVersion: core.gardener.cloud/v1beta1
kind: ControllerRegistration
metadata:
  name: extension-provider-alicloud
spec:
  deployment:
    type: helm
    providerConfig:
      chart: |
        H4sIFAAAAAAA/yk...
      values:
        config:
          machineImageOwnerSecret:
            accessKeyID: <base64_encoded_access_key_id>
            accessKeySecret: <base64_encoded_access_key_secret>
          machineImages:
          - name: customized_coreos
            regions:
            - imageID: <image_id_in_eu_central_1>
              region: eu-central-1
            - imageID: <image_id_in_cn_shanghai>
              region: cn-shanghai
            version: 2191.4.1
        resources:
          limits:
            cpu: 500m
            memory: 1Gi
          requests:
            memory: 128Mi
  resources:
  - kind: BackupBucket
    type: alicloud
  - kind: Worker
    type: alicloud
"""


def test_the_documented_cloud_profile_config_loads_on_its_own(load: Load) -> None:
    (config,) = load(CLOUD_PROFILE_CONFIG).cloud_profile_configs
    region = config.machine_images[0].versions[0].regions[0]
    assert (region.name, region.id) == ("eu-central-1", "coreos_2023_4_0_64_30G_alibase_20190319.vhd")


def test_the_documented_cloud_profile_loads(load: Load) -> None:
    (profile,) = load(CLOUD_PROFILE).cloud_profiles
    assert profile.spec.provider_config == load(CLOUD_PROFILE_CONFIG).cloud_profile_configs[0]


def test_the_documented_component_images_translate_to_a_cloud_profile_config() -> None:
    documents, _ = read_documents(COMPONENT_IMAGES.encode(), "f.yaml")
    config = ComponentConfig.model_validate(documents[0].data).cloud_profile_config()
    (image,) = config.machine_images
    assert (image.name, image.versions[0].version) == ("customized_coreos", "2191.4.1")
    assert [(region.name, region.id) for region in image.versions[0].regions] == [
        ("eu-central-1", "<image_id_in_eu_central_1>"),
        ("cn-shanghai", "<image_id_in_cn_shanghai>"),
    ]


def test_the_documented_owner_secret_loads_and_does_not_show_its_values() -> None:
    documents, _ = read_documents(OWNER_SECRET.encode(), "f.yaml")
    owner = ComponentConfig.model_validate(documents[0].data).machine_image_owner_secret
    assert owner is not None
    assert repr(owner) == "ImageOwnerSecret(name='machine-image-owner')"


def test_the_documented_controller_registration_is_left_out_with_a_warning(load: Load) -> None:
    (warning,) = load(CONTROLLER_REGISTRATION).warnings
    assert str(warning) == "ControllerRegistration: is not used here; 1 object skipped"


def test_the_images_in_a_controller_registration_can_be_read() -> None:
    documents, _ = read_documents(CONTROLLER_REGISTRATION.encode(), "f.yaml")
    values = documents[0].data["spec"]["deployment"]["providerConfig"]["values"]
    assert len(ComponentConfig.model_validate(values["config"]).machine_images) == 1


def test_the_example_has_everything_a_shoot_needs() -> None:
    manifests = load_manifests([str(EXAMPLES / "shoot.yaml")])
    counts = (
        len(manifests.shoots),
        len(manifests.cloud_profiles),
        len(manifests.secrets),
        len(manifests.backup_buckets),
    )
    assert (counts, manifests.warnings) == ((1, 1, 4, 1), ())


def test_a_directory_gives_its_manifest_files_in_order(tmp_path: Path) -> None:
    for name in ("b.yaml", "a.yml", "c.json", ".hidden.yaml", "notes.txt"):
        content = project(name.strip(".").split(".", maxsplit=1)[0])
        if name.endswith(".json"):
            content = '{"apiVersion": "core.gardener.cloud/v1beta1", "kind": "Project", "metadata": {"name": "c"}}'
        (tmp_path / name).write_text(content)
    (tmp_path / "sub.yaml").mkdir()
    assert [item.metadata.name for item in load_manifests([str(tmp_path)]).projects] == ["a", "b", "c"]


def make_fifo(path: Path) -> None:
    os.mkfifo(path)


def make_socket(path: Path) -> None:
    # A name of its own: the whole path may be too long for a socket.
    with socket.socket(socket.AF_UNIX) as listener, contextlib.chdir(path.parent):
        listener.bind(path.name)


def make_link_to_device(path: Path) -> None:
    path.symlink_to("/dev/zero")


@pytest.mark.parametrize(
    ("make", "kind"), [(make_fifo, "a FIFO"), (make_socket, "a socket"), (make_link_to_device, "a device")]
)
def test_what_is_no_file_is_left_out_of_a_directory_with_a_warning(
    tmp_path: Path, make: Callable[[Path], None], kind: str
) -> None:
    (tmp_path / "a.yaml").write_text(project("a"))
    make(tmp_path / "b.yaml")
    manifests = load_manifests([str(tmp_path)])
    (problem,) = manifests.skipped
    assert [item.metadata.name for item in manifests.projects] == ["a"]
    assert (problem.object, problem.type) == (str(tmp_path / "b.yaml"), "NotSupported")
    assert problem.detail == f"is {kind}, and is skipped: in a directory, only files are read"


def test_what_becomes_a_fifo_while_a_directory_is_read_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fifo, file = tmp_path / "a.yaml", Path(__file__).stat()
    make_fifo(fifo)
    monkeypatch.setattr(Path, "stat", lambda path, **_: file)
    monkeypatch.setattr(Path, "is_dir", lambda path: path == tmp_path)
    assert [problem.object for problem in load_manifests([str(tmp_path)]).skipped] == [str(fifo)]


def test_links_to_files_are_read_in_a_directory(tmp_path: Path) -> None:
    """Kubernetes mounts a ConfigMap like this."""
    (tmp_path / "..data").mkdir()
    (tmp_path / "..data" / "a.yaml").write_text(project("a"))
    (tmp_path / "a.yaml").symlink_to("..data/a.yaml")
    assert [item.metadata.name for item in load_manifests([str(tmp_path)]).projects] == ["a"]


def test_a_fifo_that_is_named_is_read(tmp_path: Path) -> None:
    make_fifo(tmp_path / "a")
    writer = threading.Thread(target=(tmp_path / "a").write_text, args=(project("a"),))
    writer.start()
    assert [item.metadata.name for item in load_manifests([str(tmp_path / "a")]).projects] == ["a"]
    writer.join()


def test_a_named_device_is_read_no_further_than_a_file() -> None:
    with pytest.raises(ManifestError, match="larger than 8 MiB"):
        load_manifests(["/dev/zero"])


def test_standard_input_is_read_for_a_dash(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(project("a"))
    manifests = load_manifests([str(tmp_path / "a.yaml"), "-"], stdin=io.BytesIO(project("b").encode()))
    assert [item.metadata.name for item in manifests.projects] == ["a", "b"]


@pytest.mark.parametrize(
    ("files", "detail"),
    [
        ([], "no file was given"),
        (["-", "-"], "- was given twice"),
        (["{tmp}/missing.yaml"], "there is no such file"),
        (["{tmp}/empty.yaml"], "is empty"),
        (["{tmp}/empty"], "holds no *.yaml, *.yml or *.json file"),
        (["{tmp}/big.yaml"], "is larger than 8 MiB, the limit for one file"),
        (["/dev/zero"], "is larger than 8 MiB, the limit for one file"),
        (["a\0b"], "cannot be read: not a file name"),
    ],
)
def test_a_file_that_cannot_be_used_says_why(tmp_path: Path, files: list[str], detail: str) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty.yaml").touch()
    with (tmp_path / "big.yaml").open("wb") as stream:
        stream.truncate(10_000_000)
    with pytest.raises(ManifestError) as caught:
        load_manifests([name.replace("{tmp}", str(tmp_path)) for name in files], io.BytesIO(project("a").encode()))
    assert [problem.detail for problem in caught.value.problems] == [detail]


def test_a_list_gives_its_items(load: Load) -> None:
    items = [yaml.safe_load(project(name)) for name in ("a", "b")]
    manifests = load(yaml.safe_dump({"apiVersion": "v1", "kind": "List", "items": items}))
    assert [item.metadata.name for item in manifests.projects] == ["a", "b"]


def test_a_typed_list_gives_its_items_their_kind(load: Load) -> None:
    text = "apiVersion: core.gardener.cloud/v1beta1\nkind: ProjectList\nitems: [{metadata: {name: a}}]\n"
    assert [item.metadata.name for item in load(text).projects] == ["a"]


def test_a_wrong_item_of_a_list_is_named_by_its_place(refuse: Refuse) -> None:
    (first, second) = refuse("kind: List\napiVersion: v1\nitems: [3, {kind: Bastion}]\n")
    assert first.object.endswith("manifest.yaml document 1 items[0]")
    assert second.object.endswith("manifest.yaml document 1 items[1]")


def test_kinds_that_are_not_used_give_one_warning_each(load: Load) -> None:
    config_map = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"
    namespace = "apiVersion: v1\nkind: Namespace\nmetadata: {name: a}\n"
    warnings = load("---\n".join([config_map, config_map, namespace])).warnings
    assert [str(warning) for warning in warnings] == [
        "ConfigMap: is not used here; 2 objects skipped",
        "Namespace: is not used here; 1 object skipped",
    ]


def test_an_object_that_occurs_twice_is_an_error_that_names_both_places(refuse: Refuse) -> None:
    (problem,) = refuse(f"{project('a')}---\n{project('b')}---\n{project('a')}")
    assert (problem.object, problem.path, problem.type) == ("Project/a", "metadata.name", "Duplicate")
    assert "document 1" in problem.detail
    assert "document 3" in problem.detail


def test_the_same_name_in_two_namespaces_is_two_objects(load: Load) -> None:
    assert len(load(f"{secret('a', 'x')}---\n{secret('a', 'y')}").secrets) == 2


@pytest.mark.parametrize(("namespace", "key"), [("x", "first"), ("y", "second"), ("z", None), (None, None)])
def test_a_secret_is_found_in_its_namespace_alone(load: Load, namespace: str | None, key: str | None) -> None:
    found = load(f"{secret('a', 'x', 'first')}---\n{secret('a', 'y', 'second')}").secret("a", namespace)
    assert (found.keys if found else None) == ((key,) if key else None)


def test_a_secret_of_another_name_is_not_found(load: Load) -> None:
    assert load(secret("a", "x")).secret("b", "x") is None


def test_a_secret_without_namespace_is_found_for_any(load: Load) -> None:
    assert load(secret("a")).secret("a", "somewhere") is not None


names = st.sampled_from(["apiVersion", "kind", "metadata", "name", "spec", "type", "pools", "data", "region", "items"])
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=8),
    st.sampled_from(["Shoot", "Worker", "Secret", "List", "v1", "core.gardener.cloud/v1beta1", "alicloud"]),
    st.sampled_from(["extensions.gardener.cloud/v1alpha1", "Infrastructure", "Cluster", "${a}", "%{b}"]),
)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=5), max_leaves=20
)
kinds = st.sampled_from(["Shoot", "Worker", "Infrastructure", "Cluster", "CloudProfile", "Secret", "BackupBucket"])
versions = st.sampled_from(["v1", "core.gardener.cloud/v1beta1", "extensions.gardener.cloud/v1alpha1"])
objects = st.fixed_dictionaries({"apiVersion": versions, "kind": kinds, "metadata": values, "spec": values})


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.one_of(
        values, st.fixed_dictionaries({"apiVersion": versions, "kind": kinds, "metadata": values, "spec": values})
    )
)
def test_any_yaml_document_gives_manifests_or_a_manifest_error(document: object) -> None:
    stdin = io.BytesIO(yaml.safe_dump(document, allow_unicode=True).encode("utf-8", "surrogatepass"))
    try:
        load_manifests(["-"], stdin)
    except ManifestError as error:
        assert error.problems

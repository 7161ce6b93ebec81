import pytest

from provisioner.api.core_v1beta1 import Project, Shoot
from provisioner.api.extensions_v1alpha1 import BackupEntry
from provisioner.errors import ManifestError
from provisioner.translate.identity import Identity, identify_namespace, identify_shoot


def make_shoot(namespace="garden-foo", status=None, uid=None):
    return Shoot.model_validate(
        {
            "kind": "Shoot",
            "metadata": {"name": "bar", "namespace": namespace, "uid": uid},
            "spec": {"region": "eu-central-1", "provider": {"type": "alicloud"}},
            "status": status,
        }
    )


def make_entry(name):
    return BackupEntry.model_validate(
        {
            "kind": "BackupEntry",
            "metadata": {"name": name},
            "spec": {"type": "alicloud", "region": "eu-central-1", "bucketName": "b"},
        }
    )


def test_status_names_the_technical_id():
    identity = identify_shoot(make_shoot(status={"technicalID": "shoot-foo-bar", "uid": "1-2"}), (), ())
    assert identity == Identity("bar", "shoot-foo-bar", "shoot-foo-bar--1-2", "1-2")


def test_project_comes_from_the_namespace():
    assert identify_shoot(make_shoot(), (), ()).technical_id == "shoot--foo--bar"


def test_project_document_wins_over_the_namespace():
    project = Project.model_validate({"metadata": {"name": "prod"}, "spec": {"namespace": "garden-foo"}})
    assert identify_shoot(make_shoot(), (project,), ()).technical_id == "shoot--prod--bar"


@pytest.mark.parametrize("namespace", [None, "default", "garden", "garden-"])
def test_unknown_project_is_an_error_that_names_the_field(namespace):
    with pytest.raises(ManifestError) as caught:
        identify_shoot(make_shoot(namespace=namespace), (), ())
    assert (caught.value.problem.path, caught.value.problem.type) == ("metadata.namespace", "Required")


def test_status_uid_wins_over_metadata_uid():
    shoot = make_shoot(status={"technicalID": "shoot--foo--bar", "uid": "s"}, uid="m")
    assert identify_shoot(shoot, (), ()).entry_name == "shoot--foo--bar--s"


def test_backup_entry_names_the_entry_also_while_the_control_plane_moves():
    entry = make_entry("source-shoot--foo--bar--1-2")
    assert identify_shoot(make_shoot(), (), (entry,)).entry_name == "shoot--foo--bar--1-2"


def test_backup_entry_of_another_shoot_is_not_taken():
    assert identify_shoot(make_shoot(), (), (make_entry("shoot--foo--bar--baz--1-2"),)).entry_name is None


def test_namespace_on_the_seed_is_the_technical_id():
    assert identify_namespace("Infrastructure/bar", "shoot--foo--bar", (), ()).technical_id == "shoot--foo--bar"

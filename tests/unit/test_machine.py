"""Which machine this is."""

from provisioner.machine import Machine


def test_the_boot_id_of_an_unknown_system_is_empty(tmp_path):
    assert Machine.this(tmp_path / "missing").boot_id == ""


def test_the_boot_id_is_what_the_system_says(tmp_path):
    (tmp_path / "boot_id").write_text("b00t\n")
    assert Machine.this(tmp_path / "boot_id").boot_id == "b00t"

"""The order of the rooms and what the package offers."""

from importlinter.cli import lint_imports

import provisioner


def test_rooms_import_downwards_only():
    assert lint_imports(no_cache=True) == 0


def test_everything_that_is_public_exists():
    assert all(hasattr(provisioner, name) for name in provisioner.__all__)

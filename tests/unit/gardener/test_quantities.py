import pytest

from provisioner.gardener.quantities import disk_size_gib


@pytest.mark.parametrize(
    ("quantity", "gib"),
    [
        ("20Gi", 20),
        ("2000Gi", 2000),
        ("1Ti", 1024),
        ("100G", 94),
        ("1.5Gi", 2),
        ("50", 50),
        ("53687091200", 50),
        ("1Mi", 1),
    ],
)
def test_sizes_are_whole_gib_rounded_up(quantity, gib):
    assert disk_size_gib(quantity) == gib


@pytest.mark.parametrize("quantity", ["", "Gi", "-1Gi", "20 Gi", "20GiB", "1e3", "9" * 40, "٣Gi", "20Gi\n\n20Gi"])
def test_what_is_no_quantity_is_refused(quantity):
    with pytest.raises(ValueError, match="is not a quantity"):
        disk_size_gib(quantity)

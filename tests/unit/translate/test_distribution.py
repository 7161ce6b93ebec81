import pytest

from provisioner.translate.distribution import desired_size


@pytest.mark.parametrize(
    ("current", "is_hibernated", "size"),
    [(None, False, 1), (0, False, 1), (2, False, 2), (9, False, 3), (2, True, 0), (None, True, 0)],
)
def test_size_belongs_to_whoever_scales_between_minimum_and_maximum(current, is_hibernated, size):
    assert desired_size(current, 1, 3, is_hibernated=is_hibernated) == size

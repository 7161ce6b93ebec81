"""Listings, page by page."""

from __future__ import annotations

import oss2
import pytest

from tests.unit.sandbox.oss.oss_service import Service, refusal


@pytest.fixture
def listed(service: Service) -> oss2.Bucket:
    bucket = service.bucket()
    for key in ("a", "b/1", "b/2", "b/c/1", "b/é", "d e", "z/1"):
        bucket.put_object(key, b"12")
    return bucket


@pytest.mark.parametrize("iterator", [oss2.ObjectIterator, oss2.ObjectIteratorV2])
@pytest.mark.parametrize("size", [1, 2, 3, 100])
@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({}, ["a", "b/1", "b/2", "b/c/1", "b/é", "d e", "z/1"]),
        ({"prefix": "b/"}, ["b/1", "b/2", "b/c/1", "b/é"]),
        ({"delimiter": "/"}, ["a", "b/", "d e", "z/"]),
        ({"prefix": "b/", "delimiter": "/"}, ["b/1", "b/2", "b/c/", "b/é"]),
        ({"prefix": "nothing"}, []),
    ],
)
def test_pages_of_any_size_give_the_same_listing(
    listed: oss2.Bucket, iterator: type, size: int, arguments: dict[str, str], expected: list[str]
) -> None:
    assert [item.key for item in iterator(listed, max_keys=size, **arguments)] == expected


def test_a_listing_starts_after_a_key(listed: oss2.Bucket) -> None:
    assert [item.key for item in listed.list_objects_v2(start_after="b/2", max_keys=2).object_list] == ["b/c/1", "b/é"]
    assert [item.key for item in listed.list_objects(marker="b/2", max_keys=2).object_list] == ["b/c/1", "b/é"]


@pytest.mark.parametrize("size", [0, 1001])
def test_a_page_has_one_to_a_thousand_keys(listed: oss2.Bucket, size: int) -> None:
    assert refusal(lambda: listed.list_objects(max_keys=size)) == (400, "InvalidArgument")

"""The place of a state as it is stored: in events as JSON, in versions as metadata."""

from __future__ import annotations

import json
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioner.ids import AccountId, RegionId
from provisioner.objectstore.interface import check_metadata
from provisioner.place import CloudPlace, Place, StorePlace

TEXT = st.text(string.ascii_letters + string.digits + "-.:", min_size=1)
CLOUDS = st.none() | st.builds(CloudPlace, TEXT, TEXT.map(AccountId), TEXT.map(RegionId))
STORES = st.none() | st.builds(StorePlace, TEXT, TEXT | st.just(""), TEXT | st.just(""), TEXT | st.just(""))
PLACES = st.builds(Place, CLOUDS, STORES)
STORE = StorePlace("bucket", "1", "2026-11-01T00:00:00.000Z", "oss-eu-central-1")


@given(PLACES)
def test_a_place_is_read_as_it_was_written(place: Place) -> None:
    assert Place.from_document(json.loads(json.dumps(place.to_document()))) == place
    check_metadata(place.to_metadata())
    assert Place.from_metadata({"run": "run-1", **place.to_metadata()}) == place


@given(PLACES)
def test_what_a_newer_program_added_is_ignored(place: Place) -> None:
    document = {name: {**half, "newer": 1} for name, half in place.to_document().items()} | {"newer": {}}
    assert Place.from_document(document) == place


@pytest.mark.parametrize("document", [[], "x", 1, {"cloud": []}, {"cloud": {"kind": "k"}}, {"store": "x"}])
def test_what_is_no_place_is_refused(document: object) -> None:
    with pytest.raises(ValueError, match="not a place"):
        Place.from_document(document)


@given(PLACES, PLACES)
def test_what_one_does_not_say_the_other_does(newer: Place, older: Place) -> None:
    both = newer.or_else(older)
    assert both.cloud == (newer.cloud or older.cloud) and both.store == (newer.store or older.store)


@pytest.mark.parametrize("unknown", ["owner", "created", "location"])
def test_what_may_not_be_asked_for_tells_no_bucket_from_another(unknown: str) -> None:
    values = {name: getattr(STORE, name) for name in ("bucket", "owner", "created", "location")}
    assert STORE.may_be(StorePlace(**{**values, unknown: ""}))
    assert not STORE.may_be(StorePlace(**{**values, unknown: "another"}))


def test_another_name_is_another_bucket() -> None:
    assert not StorePlace("bucket").may_be(StorePlace("other"))

"""Durations as Go writes and reads them."""

import pytest

from provisioner.gardener.durations import read_duration, show_duration


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("0", "0s"),
        ("30m", "30m0s"),
        ("1h", "1h0m0s"),
        ("1h30m", "1h30m0s"),
        ("90m", "1h30m0s"),
        ("1.5s", "1.5s"),
        ("20ms", "20ms"),
        ("1500us", "1.5ms"),
        ("1500\u00b5s", "1.5ms"),
        ("1ns", "1ns"),
        (".5m", "30s"),
        ("-5m", "-5m0s"),
        ("+2h", "2h0m0s"),
        ("100h", "100h0m0s"),
    ],
)
def test_a_duration_is_read_and_printed_as_go_does(text, shown):
    assert show_duration(read_duration(text)) == shown


@pytest.mark.parametrize("text", ["", "5", "m", "1d", "1h 5m", "h1", "1,5s", "--5m", "9" * 20 + "h", "1h" * 200, " 1h"])
def test_what_go_does_not_read_is_no_duration(text):
    assert read_duration(text) is None

import errno
import io
import json

import pytest

from provisioner.cli.console import Console
from provisioner.errors import Problem, ProvisionError


class Gone(io.StringIO):
    """A stream that cannot be written."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self._number = number

    def write(self, text: str) -> int:
        raise OSError(self._number, "cannot be written")


@pytest.mark.parametrize("number", [errno.EPIPE, errno.EIO, errno.ENOSPC])
def test_what_is_told_on_the_way_never_fails(number):
    console = Console("text", Gone(number), Gone(number))
    console.note("created")
    console.warn(Problem("a", "b", "c", "d"))
    console.error(ProvisionError("it failed"))
    console.notes.write("live line")
    console.notes.flush()


def test_document_without_a_reader_is_an_error():
    with pytest.raises(BrokenPipeError):
        Console("json", Gone(errno.EPIPE), io.StringIO()).document({})


def test_document_that_does_not_fit_is_an_error_that_says_so():
    with pytest.raises(ProvisionError, match="cannot write to standard output"):
        Console("json", Gone(errno.ENOSPC), io.StringIO()).document({})


def test_json_is_valid_in_any_encoding():
    out = io.StringIO()
    Console("json", out, io.StringIO()).document({"name": "Zürich"})
    assert (out.getvalue().isascii(), json.loads(out.getvalue())) == (True, {"name": "Zürich"})


@pytest.mark.parametrize("kind", ["text", "json"])
def test_what_was_noted_on_an_error_later_is_told_with_it(kind):
    error = ProvisionError("it failed")
    error.add_note("and the state could not be stored")
    out, err = io.StringIO(), io.StringIO()
    Console(kind, out, err).error(error)
    assert "and the state could not be stored" in err.getvalue()
    assert kind == "text" or json.loads(out.getvalue())["error"]["notes"] == ["and the state could not be stored"]

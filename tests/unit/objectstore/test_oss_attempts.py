"""How soon calls to a store that does not answer end once the operator waits for the end."""

from __future__ import annotations

import threading
import time

import pytest
import requests

from provisioner.objectstore.oss_attempts import HURRIED_SECONDS, Attempts
from provisioner.objectstore.oss_errors import GivenUpError

SLACK_SECONDS = 1.5


class Network:
    """A network that swallows everything, and a person who loses patience."""

    def __init__(self) -> None:
        self.has_come_back = threading.Event()
        self.is_hurried = False
        self.attempts = Attempts(lambda _: None, lambda: self.is_hurried)

    def ask(self) -> str:
        self.has_come_back.wait(60)
        return "answer"

    def seconds_until_given_up(self) -> float:
        start = time.monotonic()
        with pytest.raises(GivenUpError):
            self.attempts.call(self.ask)
        return time.monotonic() - start


@pytest.fixture
def network():
    network = Network()
    yield network
    network.has_come_back.set()


def test_a_call_that_waits_already_is_given_up_soon(network: Network) -> None:
    threading.Timer(0.2, lambda: setattr(network, "is_hurried", True)).start()
    assert network.seconds_until_given_up() < 0.2 + HURRIED_SECONDS + SLACK_SECONDS


def test_the_calls_after_it_get_one_second_each(network: Network) -> None:
    network.is_hurried = True
    network.seconds_until_given_up()
    assert network.seconds_until_given_up() < 1 + SLACK_SECONDS


def test_an_answer_gives_the_time_back(network: Network) -> None:
    network.is_hurried = True
    network.seconds_until_given_up()
    assert network.attempts.call(lambda: 1) == 1
    assert network.seconds_until_given_up() > HURRIED_SECONDS - 0.5


def test_what_an_attempt_raises_comes_out(network: Network) -> None:
    def fail() -> None:
        raise TimeoutError("its own")

    with pytest.raises(TimeoutError, match="its own"):
        network.attempts.call(fail)


def test_a_refused_connection_is_not_tried_on_after_the_time_is_up(network: Network) -> None:
    tried: list[float] = []

    def refuse() -> None:
        tried.append(time.monotonic())
        time.sleep(1.2)
        raise requests.ConnectionError

    network.is_hurried = True
    with pytest.raises((GivenUpError, requests.ConnectionError)):
        network.attempts.call(refuse)
    assert len(tried) <= 3

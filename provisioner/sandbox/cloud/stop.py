"""
Stops everything at one call, so that a test can kill the caller right there.

The calls of OSS count as well: their action is the HTTP method, their parameters are `Key` (`<bucket>/<key>?<query>`)
and `Body`. A call that is refused counts before it, but not after: it took no effect.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Literal, Protocol, Self, TypeVar

VARIABLE = "PROVISION_SANDBOX_STOP"
_POLL_SECONDS = 0.01
_WRITES = frozenset({"PUT", "POST", "DELETE"})
_Answer = TypeVar("_Answer")


class _OssRequest(Protocol):
    @property
    def method(self) -> str: ...
    @property
    def bucket(self) -> str: ...
    @property
    def key(self) -> str: ...
    @property
    def query(self) -> Mapping[str, str]: ...
    @property
    def body(self) -> bytes: ...


@dataclass(frozen=True, slots=True)
class StopPoint:
    """The call to stop at."""

    action: str
    when: Literal["before", "after"]
    marker: Path
    """Written when everything stands still. Removing it lets everything go on."""
    match: Mapping[str, str] = field(default_factory=dict)
    """
    Regular expressions by parameter, each of which has to be found in the parameter; one that is missing is empty.

    `Tag.*.Value` is any of them: clients number tags as they come.
    """
    occurrence: int = 1
    """Which of the calls that match, from 1."""

    def matches(self, action: str, parameters: Mapping[str, str]) -> bool:
        """Return whether it is such a call."""
        return action == self.action and all(
            any(re.search(pattern, value) for value in _values(parameters, name))
            for name, pattern in self.match.items()
        )


class Stop:
    """Watches every call of one process: stops at a point, or records what changed something."""

    def __init__(self, point: StopPoint | None = None, record: Path | None = None) -> None:
        self._point = point
        self._record = record
        self._condition = threading.Condition()
        self._running = 0
        self._is_frozen = False
        self._seen = 0

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self | None:
        """
        Return the watch that the JSON file in `PROVISION_SANDBOX_STOP` describes; None without it.

        The file has the fields of `StopPoint`, or `record`: a file that gets a line of JSON for every call that changed
        something.

        Raises:
            ValueError: the file cannot be read, or does not say where to stop.
        """
        path = environment.get(VARIABLE)
        if not path:
            return None
        try:
            given: dict[str, Any] = json.loads(Path(path).read_text(encoding="utf-8"))
            if "record" in given:
                return cls(record=Path(given["record"]))
            return cls(StopPoint(**{**given, "marker": Path(given["marker"])}))
        except (OSError, KeyError, TypeError, ValueError) as error:
            raise ValueError(f"{VARIABLE}: {path} does not say where to stop: {error!r}") from error

    def around(
        self, action: str, parameters: Mapping[str, str], work: Callable[[], _Answer], *, changes: bool
    ) -> _Answer:
        """Return what `work` returns, which is the call."""
        self.before(action, parameters)
        try:
            answer = work()
        except BaseException:
            self._end()
            raise
        self.after(action, parameters, changes=changes)
        return answer

    def intercept_oss(self, phase: Literal["before", "after"], request: _OssRequest) -> None:
        """Do the same for a request to OSS."""
        query = "&".join(request.query)
        key = f"{request.bucket}/{request.key}" + (f"?{query}" if query else "")
        parameters = {"Key": key, "Body": request.body.decode(errors="replace")}
        if phase == "before":
            self.before(request.method, parameters)
        else:
            self.after(request.method, parameters, changes=request.method in _WRITES)

    def before(self, action: str, parameters: Mapping[str, str]) -> None:
        """Let a call begin, or hold it."""
        with self._condition:
            self._hold()
            self._stop_at("before", action, parameters)
            self._running += 1

    def after(self, action: str, parameters: Mapping[str, str], *, changes: bool) -> None:
        """Let the answer of a call go out, or hold it."""
        self._end()
        with self._condition:
            self._hold()
            if changes and self._record is not None:
                with self._record.open("a", encoding="utf-8") as lines:
                    lines.write(json.dumps({"action": action, "parameters": dict(parameters)}) + "\n")
            self._stop_at("after", action, parameters)

    def _end(self) -> None:
        with self._condition:
            self._running -= 1
            self._condition.notify_all()

    def _hold(self) -> None:
        self._condition.wait_for(lambda: not self._is_frozen)

    def _stop_at(self, when: Literal["before", "after"], action: str, parameters: Mapping[str, str]) -> None:
        point = self._point
        if point is None or point.when != when or not point.matches(action, parameters):
            return
        self._seen += 1
        if self._seen != point.occurrence:
            return
        self._is_frozen = True
        # Calls that take effect at this moment still do, before the marker says that everything stands still.
        self._condition.wait_for(lambda: self._running == 0)
        point.marker.touch()
        while point.marker.exists():
            self._condition.wait(_POLL_SECONDS)
        self._is_frozen = False
        self._condition.notify_all()


def _values(parameters: Mapping[str, str], name: str) -> list[str]:
    if "*" not in name:
        return [parameters.get(name, "")]
    return [value for key, value in parameters.items() if fnmatchcase(key, name)] or [""]

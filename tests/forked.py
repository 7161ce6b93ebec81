"""
Commands of `provision` in processes of their own that need not import anything any more.

Half of what a short command takes is the interpreter's start and imports. A server imports everything once and forks
for each command: the child gets the arguments, environment, folder and streams that `subprocess.run` would give it, and
runs the same entry point. What is about the start of a process itself (its imports, closed streams, signals that come
early) is tested with `python -m provisioner`.

    python -m tests.forked SOCKET      serves until its standard input ends
"""

from __future__ import annotations

import atexit
import contextlib
import importlib
import io
import json
import os
import pkgutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from io import TextIOWrapper
from pathlib import Path
from types import ModuleType

_EXAMPLE = Path(__file__).parents[1] / "examples" / "shoot.yaml"
_MOST_BYTES = 1 << 20
_ROOMS = ("cli", "reports", "workflows", "run", "inputs", "validation", "sandbox")
_LIBRARIES = ("oss2", "requests", "grpc", "tf", "rich.console", "tenacity", "jinja2", "python_terraform", "yaml")


class Forks:
    """Runs commands through a server that this process starts when it needs it, and that ends with it."""

    def __init__(self) -> None:
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._server: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()

    def run(
        self,
        arguments: Sequence[str],
        *,
        input: str | None,
        env: Mapping[str, str],
        cwd: str | Path | None = None,
        timeout: float,
    ) -> subprocess.CompletedProcess[str]:
        """Run one command as `subprocess.run` does with `capture_output` and `text`."""
        with (
            self._connect() as connection,
            tempfile.TemporaryFile() as stdin,
            tempfile.TemporaryFile() as stdout,
            tempfile.TemporaryFile() as stderr,
        ):
            stdin.write((input or "").encode())
            stdin.seek(0)
            request = {"arguments": list(arguments), "environment": dict(env), "cwd": str(cwd or Path.cwd())}
            body = json.dumps(request).encode() + b"\n"
            descriptors = [stdin.fileno(), stdout.fileno(), stderr.fileno()]
            if input is None:
                descriptors[0] = 0  # as a subprocess gets it: what this process has
            socket.send_fds(connection, [body], descriptors)
            connection.settimeout(timeout)
            with connection.makefile("r") as answers:
                pid = int(answers.readline())
                try:
                    code = int(answers.readline())
                except TimeoutError:
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)
                    raise
            stdout.seek(0)
            stderr.seek(0)
            texts = [stream.read().decode().replace("\r\n", "\n") for stream in (stdout, stderr)]
        return subprocess.CompletedProcess(list(arguments), code, *texts)

    def _connect(self) -> socket.socket:
        with self._lock:  # several threads may run their first command at once
            if self._server is None or self._server.poll() is not None:
                self._start()
        assert self._folder is not None
        connection = socket.socket(socket.AF_UNIX)
        connection.connect(f"{self._folder.name}/socket")
        return connection

    def _start(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="forks-")
        place = Path(self._folder.name) / "socket"
        self._server = subprocess.Popen(
            [sys.executable, "-m", "tests.forked", str(place)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=Path(__file__).parents[1],
        )
        atexit.register(self.close)
        assert self._server.stdout is not None
        assert self._server.stdout.readline() == b"ready\n"

    def close(self) -> None:
        """End the server."""
        if self._server is not None:
            assert self._server.stdin is not None and self._server.stdout is not None
            self._server.stdin.close()
            self._server.wait(20)
            self._server.stdout.close()
        if self._folder is not None:
            self._folder.cleanup()


def serve(place: Path) -> None:
    """Answer requests one after the other, each in a process of its own, until standard input ends."""
    _import_everything()
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(place))
    listener.listen(64)
    print("ready", flush=True)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    import selectors

    selector = selectors.DefaultSelector()
    selector.register(listener, selectors.EVENT_READ)
    selector.register(sys.stdin, selectors.EVENT_READ)
    while True:
        for key, _ in selector.select():
            if key.fileobj is sys.stdin:
                return
            connection, _ = listener.accept()
            # The keeper waits for the command and tells its exit code, while this process goes on.
            if os.fork() == 0:
                listener.close()
                _keep(connection)
            connection.close()
            with contextlib.suppress(ChildProcessError):
                while os.waitpid(-1, os.WNOHANG)[0]:
                    pass


def _keep(connection: socket.socket) -> None:
    body, descriptors, _, _ = socket.recv_fds(connection, _MOST_BYTES, 3)
    while not body.endswith(b"\n"):
        body += connection.recv(_MOST_BYTES)
    pid = os.fork()
    if pid == 0:
        connection.close()
        _become(json.loads(body), descriptors)
    connection.sendall(f"{pid}\n".encode())
    _, status = os.waitpid(pid, 0)
    with contextlib.suppress(OSError):
        connection.sendall(f"{os.waitstatus_to_exitcode(status)}\n".encode())
    os._exit(0)


def _become(request: dict[str, object], descriptors: Sequence[int]) -> None:
    """Run the command in this process, which ends with it."""
    from provisioner.cli import entry_point

    for number, descriptor in enumerate(descriptors):
        os.dup2(descriptor, number)
    os.closerange(3, 256)
    os.chdir(str(request["cwd"]))
    os.environ.clear()
    os.environ.update(request["environment"])  # type: ignore[call-overload]  # it is a mapping of texts
    sys.argv = ["provision", *request["arguments"]]  # type: ignore[misc]  # it is a list of texts
    sys.stdin, sys.stdout, sys.stderr = _text(0, "rb"), _text(1, "wb"), _text(2, "wb", errors="backslashreplace")
    entry_point()


def _text(descriptor: int, mode: str, *, errors: str = "strict") -> TextIOWrapper:
    """Return a standard stream as the interpreter makes it; it stays open until the process ends."""
    binary = open(descriptor, mode, closefd=False)  # noqa: SIM115 - see above
    return TextIOWrapper(binary, encoding="utf-8", errors=errors, line_buffering=descriptor == 2)


def _import_everything() -> None:
    for name in (*_LIBRARIES, *(module for room in _ROOMS for module in _modules(f"provisioner.{room}"))):
        importlib.import_module(name)
    from provisioner.cli import main

    # Models and templates are made when they are first used.
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()):
        assert main(["render", str(_EXAMPLE), "--out", folder]) == 0


def _modules(room: str) -> list[str]:
    package: ModuleType = importlib.import_module(room)
    return [room, *(module.name for module in pkgutil.walk_packages(package.__path__, f"{room}."))]


if __name__ == "__main__":
    serve(Path(sys.argv[1]))

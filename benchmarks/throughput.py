"""
Requests a second of one `provision sandbox serve` against one `moto_server`, in the same run.

The load is wrk with the same threads, connections and seconds for both, over prepared requests: plain ones for moto,
which does not look at signatures, and for the sandbox one really signed request after the other, no nonce twice, so
that it checks every signature. Describing is measured with as many VPCs in both clouds. Without wrk, a small client of
this file makes the load. Prints a line per measurement and the median of the rounds' ratios; fails when the sandbox
refuses a request or stays below the bound.

    python benchmarks/throughput.py [--moto-server PATH] [--rounds 3] [--seconds 5] [--connections 1,8,32]

moto is no dependency: `python -m venv moto && moto/bin/pip install 'moto[server,ec2]'`.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlencode

from provisioner.sandbox.wire.signature import sign

BOUND = 10.0
VPCS = 5
WARM_UP = 200
MOST_PER_SECOND = 10_000
"""Signed requests prepared for a second of load; when they run out, the last is refused as a repetition."""
QUOTA = 10_000_000

MOTO_HEADERS = {
    "Content-Type": "application/x-www-form-urlencoded",
    "Authorization": "AWS4-HMAC-SHA256 Credential=mock/20260101/us-east-1/ec2/aws4_request, SignedHeaders=host, "
    "Signature=00",
}

# Reads `<length>\n<request>` one after the other; behind the last one it repeats that, which the sandbox refuses.
SCRIPT = """
local file = io.open("{requests}", "rb")
local last
function request()
    local length = file:read("*n")
    if length then
        file:read(1)
        last = file:read(length)
    end
    return last
end
function done(summary, latency, requests)
    local lost = summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout
    io.write(string.format("RESULT %d %d %d %d %d %d %d\\n", summary.requests, summary.duration, summary.errors.status,
        lost, latency:percentile(50), latency:percentile(90), latency:percentile(99)))
end
"""


@dataclass(frozen=True)
class Result:
    """What one run of the load measured."""

    requests: int
    seconds: float
    refused: int
    """Answers with a status above 399."""
    lost: int
    """Connections that failed, and requests without an answer."""
    p50_ms: float
    p90_ms: float
    p99_ms: float

    @property
    def per_second(self) -> float:
        """Return the answers a second."""
        return self.requests / self.seconds

    def __str__(self) -> str:
        """Return a line for people."""
        return (
            f"{self.per_second:7.0f} requests/s, p50 {self.p50_ms:6.2f} ms, p90 {self.p90_ms:6.2f} ms, "
            f"p99 {self.p99_ms:6.2f} ms, {self.refused} refused, {self.lost} lost"
        )


@dataclass(frozen=True)
class Peer:
    """A running server and how to make requests for it."""

    name: str
    port: int
    requests: Callable[[str, int], Iterator[bytes]]
    """That many requests for an action (`DescribeVpcs`, `CreateVpc`), each to be sent once."""
    vpcs: int = 0
    """How many VPCs are there from the start."""


def main() -> int:
    """Measure, print, and return 1 if something was refused or the bound does not hold."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--moto-server", default="moto_server", metavar="PATH")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--connections", default="1,8,32")
    options = parser.parse_args()
    moto = shutil.which(options.moto_server)
    if moto is None:
        parser.error(f"there is no {options.moto_server}: pip install 'moto[server,ec2]', then name it: --moto-server")
    wrk = shutil.which("wrk")
    print(f"load: {'wrk -t1' if wrk else 'the client of this file (no wrk on PATH)'}, {options.seconds} s each")
    print(f"{os.cpu_count()} cores, load average before {os.getloadavg()[0]:.2f}; {options.rounds} rounds")
    is_good = True
    for action in ("DescribeVpcs", "CreateVpc"):
        for connections in map(int, options.connections.split(",")):
            results: dict[str, list[Result]] = {"moto": [], "sandbox": []}
            # In turns, and each time in an empty cloud: a disturbance of the machine meets both, and creating gets
            # slower with the number of VPCs.
            for _ in range(options.rounds):
                for serve in (lambda: serve_moto(moto), serve_sandbox):
                    with tempfile.TemporaryDirectory() as folder, serve() as peer:
                        warm_up(peer, action)
                        result = measure(peer, action, connections, options.seconds, wrk, Path(folder))
                    print(f"{action} c{connections:<3} {peer.name:<8} {result}", flush=True)
                    results[peer.name].append(result)
            theirs, ours = ([one.per_second for one in results[name]] for name in ("moto", "sandbox"))
            ratio = statistics.median(own / other for own, other in zip(ours, theirs, strict=True))
            failed = sum(one.refused + one.lost for one in results["sandbox"])
            holds = ratio >= BOUND and not failed
            is_good = is_good and holds
            verdict = f"bound {BOUND:.0f} {'holds' if holds else 'does not hold'}"
            print(
                f"{action} c{connections}: medians moto {statistics.median(theirs):.0f}, "
                f"sandbox {statistics.median(ours):.0f}, ratio {ratio:.1f}, {verdict}; "
                f"{failed} of the sandbox's failed; load average {os.getloadavg()[0]:.1f}",
                flush=True,
            )
    return 0 if is_good else 1


def warm_up(peer: Peer, action: str) -> None:
    """Make what is to be described, and let every import and cache of the server happen before it counts."""
    if action == "DescribeVpcs":
        send_all(peer, "CreateVpc", VPCS - peer.vpcs)
    send_all(peer, action, WARM_UP)


def measure(  # noqa: PLR0917 - what is measured, and with what
    peer: Peer, action: str, connections: int, seconds: int, wrk: str | None, folder: Path
) -> Result:
    """Return how a server takes the load; `folder` takes what wrk needs."""
    number = MOST_PER_SECOND * seconds
    if wrk is None:
        return load(peer, list(peer.requests(action, number)), connections, seconds)
    prepared = folder / "requests"
    with prepared.open("wb") as file:
        for request in peer.requests(action, number):
            file.write(b"%d\n%b" % (len(request), request))
    script = folder / "load.lua"
    script.write_text(SCRIPT.replace("{requests}", str(prepared)))
    command = [wrk, "-t1", f"-c{connections}", f"-d{seconds}s", "-s", str(script), f"http://127.0.0.1:{peer.port}/"]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    line = next(line for line in done.stdout.splitlines() if line.startswith("RESULT "))
    requests, microseconds, refused, lost, p50, p90, p99 = map(int, line.split()[1:])
    return Result(requests, microseconds / 1e6, refused, lost, p50 / 1e3, p90 / 1e3, p99 / 1e3)


def send_all(peer: Peer, action: str, number: int) -> None:
    """Send that many requests one after the other."""
    result = load(peer, list(peer.requests(action, number)), 1, 60)
    if result.refused or result.lost:
        raise SystemExit(f"{peer.name} refused {action}")


def load(peer: Peer, requests: list[bytes], connections: int, seconds: float) -> Result:
    """Send requests over several connections, until the time or the requests are used up."""
    left = iter(requests)
    lock = threading.Lock()
    times: list[float] = []
    refused = lost = 0

    def client() -> None:
        nonlocal refused, lost
        connection: socket.socket | None = None
        while time.perf_counter() < end:
            with lock:
                request = next(left, None)
            if request is None:
                break
            started = time.perf_counter()
            try:
                connection = connection or socket.create_connection(("127.0.0.1", peer.port), timeout=30)
                connection.sendall(request)
                answer = http.client.HTTPResponse(connection)
                answer.begin()
                answer.read()
            except (OSError, http.client.HTTPException):
                connection = None
                lost += 1
                continue
            times.append(time.perf_counter() - started)
            refused += answer.status > 399
            if answer.will_close:
                connection.close()
                connection = None
        if connection is not None:
            connection.close()

    start = time.perf_counter()
    end = start + seconds
    threads = [threading.Thread(target=client) for _ in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took = time.perf_counter() - start
    times.sort()
    p50, p90, p99 = (times[int(len(times) * share)] * 1e3 if times else 0.0 for share in (0.5, 0.9, 0.99))
    return Result(len(times), took, refused, lost, p50, p90, p99)


@contextmanager
def serve_moto(command: str) -> Iterator[Peer]:
    """Run a moto server."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [command, "-H", "127.0.0.1", "-p", str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        wait_for(port, process)
        yield Peer("moto", port, lambda action, number: moto_requests(port, action, number), vpcs=1)
    finally:
        stop(process)


@contextmanager
def serve_sandbox() -> Iterator[Peer]:
    """Run a sandbox whose quota of VPCs is out of the way."""
    with tempfile.TemporaryDirectory() as folder:
        provision = [sys.executable, "-m", "provisioner", "sandbox"]
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PROVISION_")}
        quota = [*provision, "quota", "set", "vpc", str(QUOTA), "--sandbox-dir", folder]
        subprocess.run(quota, check=True, stdout=subprocess.DEVNULL, env=environment)
        process = subprocess.Popen(
            [*provision, "serve", "--sandbox-dir", folder, "-o", "json"], stdout=subprocess.PIPE, env=environment
        )
        try:
            assert process.stdout is not None
            served = json.loads(b"".join(iter(process.stdout.readline, b"}\n")) + b"}")
            keys = (served["environment"]["ALICLOUD_ACCESS_KEY"], served["environment"]["ALICLOUD_SECRET_KEY"])
            port = int(served["openapi"].rpartition(":")[2].rstrip("/"))
            yield Peer("sandbox", port, lambda action, number: sandbox_requests(port, keys, action, number))
        finally:
            stop(process)


def moto_requests(port: int, action: str, number: int) -> Iterator[bytes]:
    """Yield requests of EC2's query API, all alike."""
    parameters = {"Action": action, "Version": "2016-11-15"}
    if action == "CreateVpc":
        parameters["CidrBlock"] = "10.0.0.0/16"
    request = http_request(port, "/", MOTO_HEADERS, urlencode(parameters))
    return (request for _ in range(number))


def sandbox_requests(port: int, keys: tuple[str, str], action: str, number: int) -> Iterator[bytes]:
    """Yield signed requests of the RPC style."""
    for _ in range(number):
        parameters = {
            "AccessKeyId": keys[0],
            "Action": action,
            "Format": "JSON",
            "RegionId": "eu-central-1",
            "SignatureMethod": "HMAC-SHA1",
            "SignatureNonce": str(uuid.uuid4()),
            "SignatureVersion": "1.0",
            "Timestamp": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "Version": "2016-04-28",
        }
        if action == "CreateVpc":
            parameters["CidrBlock"] = "10.0.0.0/16"
        parameters["Signature"] = sign("POST", parameters, keys[1])
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        yield http_request(port, "/", headers, urlencode(parameters))


def http_request(port: int, target: str, headers: dict[str, str], body: str) -> bytes:
    """Return a POST request as it is sent."""
    lines = [f"POST {target} HTTP/1.1", f"Host: 127.0.0.1:{port}", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()


def wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    """Return when a server listens."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise SystemExit("moto_server did not start")


def stop(process: subprocess.Popen[bytes]) -> None:
    """End a server, and wait until it is gone."""
    process.send_signal(signal.SIGINT)
    try:
        process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


if __name__ == "__main__":
    sys.exit(main())

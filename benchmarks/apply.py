"""
`provision apply` of the example against the same engine by hand, in the same run.

The peer is what an engineer would type: `init`, `plan -out`, `apply` in each of the two rendered roots, with the
provider already running in another process. Every run starts with an empty sandbox. Prints one line per measurement
and a table of where provision's time goes.

    python benchmarks/apply.py [--rounds 5] [--terraform terraform|bundled] [--cloud-ms 100 --oss-ms 10]
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from provisioner.runner import find_engine

REPOSITORY = Path(__file__).resolve().parent.parent
EXAMPLE = REPOSITORY / "examples" / "shoot.yaml"
PROVISION = [sys.executable, "-m", "provisioner"]

SERVE = """
import json, os, sys
from pathlib import Path
from provisioner.sandbox.sandbox import open_cloud
from provisioner.sandbox.provider import serve_provider
folder = Path(sys.argv[1])
cloud = open_cloud(folder / "cloud", environment=os.environ)
caller = cloud.enroll("LTAIbenchmark0000000000", "benchmark-secret-for-loopback-use-only")
(folder / "sockets").mkdir(mode=0o700)
served = serve_provider(cloud, caller, folder / "sockets")
print(json.dumps(served.environment), flush=True)
sys.stdin.read()
served.close()
"""


def main() -> int:
    """Measure, print, and return 1 if a bound does not hold."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--terraform", default=None)
    parser.add_argument("--cloud-ms", type=int, default=None)
    parser.add_argument("--oss-ms", type=int, default=None)
    options = parser.parse_args()
    cases = [(options.cloud_ms, options.oss_ms or 0)] if options.cloud_ms is not None else [(100, 10), (0, 0)]
    engine = find_engine(options.terraform, os.environ, Path(tempfile.gettempdir()) / "provision-benchmark")
    print(f"engine: {engine.name} {engine.version}; {os.cpu_count()} cores; {options.rounds} rounds, medians")
    is_good = True
    for cloud_ms, oss_ms in cases:
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("TF_", "ALICLOUD_"))},
            "PROVISION_SANDBOX_LATENCY": f"cloud={cloud_ms},oss={oss_ms}",
            "TF_CLI_CONFIG_FILE": os.devnull,
            "CHECKPOINT_DISABLE": "1",
        }
        peers, ours, memories = [], [], []
        for _ in range(options.rounds):
            peers.append(measure_peer(list(engine.command), environment))
            seconds, memory = measure_provision(options.terraform, environment)
            ours.append(seconds)
            memories.append(memory)
        peer, own = statistics.median(peers), statistics.median(ours)
        bound = peer * 1.15 if cloud_ms else peer + 1.0
        verdict = "holds" if own <= bound else "does not hold"
        is_good = is_good and own <= bound
        print(
            f"cloud {cloud_ms} ms, OSS {oss_ms} ms: peer {peer:.2f} s, provision {own:.2f} s, "
            f"ratio {own / peer:.2f}, bound {bound:.2f} s {verdict}; peak memory {max(memories):.0f} MB"
        )
    print_breakdown(options.terraform, environment)
    return 0 if is_good else 1


def measure_peer(command: list[str], environment: dict[str, str]) -> float:
    """Return the seconds of six terraform commands by hand."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        subprocess.run(
            [*PROVISION, "render", str(EXAMPLE), "--sandbox", "--with-secrets", "--out", str(folder / "out")],
            check=True,
            stdout=subprocess.DEVNULL,
            env=environment,
        )
        server = subprocess.Popen(
            [sys.executable, "-c", SERVE, str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment,
        )
        assert server.stdout is not None
        reattach = json.loads(server.stdout.readline())
        terraform_environment = {**environment, **reattach}

        def terraform(root: str, *arguments: str) -> None:
            subprocess.run(
                [*command, *arguments],
                check=True,
                cwd=folder / "out" / root,
                env=terraform_environment,
                stdout=subprocess.DEVNULL,
            )

        try:
            start = time.perf_counter()
            for root in ("infrastructure", "worker"):
                if root == "worker":
                    fill_worker_variables(folder / "out")
                terraform(root, "init", "-input=false")
                terraform(root, "plan", "-input=false", "-out=plan.tfplan")
                terraform(root, "apply", "-input=false", "plan.tfplan")
            return time.perf_counter() - start
        finally:
            server.communicate()


def fill_worker_variables(out: Path) -> None:
    """Copy the ids that the first apply brought into the second root's variables, as one would by hand."""
    outputs = json.loads((out / "infrastructure" / "terraform.tfstate").read_text())["outputs"]
    path = out / "worker" / "terraform.tfvars.json"
    variables = json.loads(path.read_text())
    variables["security_group_id"] = outputs["security_group_id"]["value"]
    variables["key_pair_name"] = outputs["key_pair_name"]["value"]
    for pool in variables["pools"].values():
        for zone, place in pool["zones"].items():
            place["vswitch_id"] = outputs["vswitch_ids"]["value"][zone]
    path.write_text(json.dumps(variables))


def measure_provision(terraform: str | None, environment: dict[str, str]) -> tuple[float, float]:
    """Return the seconds and the peak memory (MB) of one `provision apply` with an empty sandbox."""
    with tempfile.TemporaryDirectory() as folder:
        command = [*PROVISION, "apply", str(EXAMPLE), "--sandbox", "--sandbox-dir", f"{folder}/sandbox"]
        if terraform:
            command += ["--terraform", terraform]
        start = time.perf_counter()
        process = subprocess.Popen(
            command,
            stdout=subprocess.DEVNULL,
            env={**environment, "PROVISION_WORK_DIR": f"{folder}/work", "PROVISION_CACHE_DIR": f"{folder}/cache"},
        )
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise SystemExit(f"provision apply ended with {process.returncode}")
        return seconds, usage.ru_maxrss / 1024  # KiB on Linux


def print_breakdown(terraform: str | None, environment: dict[str, str]) -> None:
    """Print where the time of one run goes, from the times in provision's own debug log."""
    with tempfile.TemporaryDirectory() as folder:
        command = [*PROVISION, "apply", str(EXAMPLE), "--sandbox", "--sandbox-dir", f"{folder}/sandbox"]
        command += ["--log-level", "debug", *(["--terraform", terraform] if terraform else [])]
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            check=True,
            env={**environment, "PROVISION_WORK_DIR": f"{folder}/work", "PROVISION_CACHE_DIR": f"{folder}/cache"},
        )
    print("where the time goes (one run, last case):")
    for line in done.stderr.splitlines():
        if " timing: " in line:
            print(f"  {line.partition(' timing: ')[2]}")


if __name__ == "__main__":
    sys.exit(main())

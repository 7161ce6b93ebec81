"""
The cost of keeping the state in OSS: `provision apply` of the example with the bucket, and with a folder instead.

Both run with the same latencies of the cloud, alternately, each time with an empty sandbox: a first apply, then one
that changes nothing. Prints one line per measurement and returns 1 if the bound does not hold.

    python benchmarks/state.py [--rounds 5] [--terraform terraform|bundled] [--cloud-ms 100 --oss-ms 10]
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
EXAMPLE = REPOSITORY / "examples" / "shoot.yaml"
BOUND = 1.10


def main() -> int:
    """Measure, print, and return 1 if the bound does not hold."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--terraform", default=None)
    parser.add_argument("--cloud-ms", type=int, default=100)
    parser.add_argument("--oss-ms", type=int, default=10)
    options = parser.parse_args()
    seconds: dict[tuple[str, str], list[float]] = {}
    for _ in range(options.rounds):
        for place in ("folder", "bucket"):
            with tempfile.TemporaryDirectory() as name:
                for step in ("first apply", "no changes"):
                    seconds.setdefault((step, place), []).append(measure(Path(name), place, options))
    is_good = True
    latencies = f"cloud {options.cloud_ms} ms, OSS {options.oss_ms} ms"
    print(f"{os.cpu_count()} cores; {options.rounds} rounds, medians; {latencies}")
    for step in ("first apply", "no changes"):
        folder, bucket = (statistics.median(seconds[step, place]) for place in ("folder", "bucket"))
        is_good = is_good and bucket <= folder * BOUND
        verdict = "holds" if bucket <= folder * BOUND else "does not hold"
        print(f"{step}: folder {folder:.2f} s, bucket {bucket:.2f} s, ratio {bucket / folder:.2f}, {BOUND} {verdict}")
    return 0 if is_good else 1


def measure(folder: Path, place: str, options: argparse.Namespace) -> float:
    """Return the seconds of one `provision apply`."""
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("TF_", "ALICLOUD_"))},
        "PROVISION_SANDBOX_LATENCY": f"cloud={options.cloud_ms},oss={options.oss_ms}",
        "PROVISION_SANDBOX_DIR": str(folder / "sandbox"),
        "PROVISION_WORK_DIR": str(folder / "work"),
    }
    if place == "folder":
        environment["PROVISION_STATE_DIR"] = str(folder / "states")
    command = [sys.executable, "-m", "provisioner", "apply", str(EXAMPLE), "--sandbox"]
    if options.terraform:
        command += ["--terraform", options.terraform]
    start = time.perf_counter()
    subprocess.run(command, check=True, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - start


if __name__ == "__main__":
    sys.exit(main())

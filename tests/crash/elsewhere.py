"""`provision` as it runs on another machine: another host name, and a boot that is not this one's."""

import socket

HOST, BOOT = "elsewhere", "00000000-0000-4000-8000-000000000000"


def main() -> None:
    """Run the command line of this process as the other machine would."""
    socket.gethostname = lambda: HOST

    from provisioner import state

    # Before anything else is imported: it is a default value there.
    state.read_boot_id = lambda: BOOT

    from provisioner.cli import entry_point

    entry_point()


if __name__ == "__main__":
    main()

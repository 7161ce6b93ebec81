"""`provision` as on another machine: with another host name and another boot id."""

from provisioner.cli import entry_point
from provisioner.cli.process import Process
from provisioner.machine import Machine

HOST, BOOT = "elsewhere", "00000000-0000-4000-8000-000000000000"

if __name__ == "__main__":
    entry_point(Process(machine=Machine(HOST, BOOT)))

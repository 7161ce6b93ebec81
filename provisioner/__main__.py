"""`python -m provisioner` is `provision`."""

from provisioner.cli import entry_point

if __name__ == "__main__":
    entry_point()

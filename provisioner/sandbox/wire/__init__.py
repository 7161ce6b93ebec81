"""
The HTTP door to the simulated cloud: RPC requests in, JSON documents out, signatures checked, plain or over TLS.

What an action does lives in `provisioner.sandbox.actions`; this room only translates. It listens on loopback alone.
"""

from provisioner.sandbox.http.server import Server
from provisioner.sandbox.wire.server import serve_cloud

__all__ = ["Server", "serve_cloud"]

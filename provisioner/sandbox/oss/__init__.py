"""
The sandbox's object storage service: the OSS REST protocol on loopback, over HTTP and TLS.

Here live the door (`server`; `http` says what its requests and answers mean), both request signatures (`signature`, for
the keys in `keys`), the table of operations (`operations`), what each does and refuses (a module per noun: `buckets`,
`objects`, `listing`, `retention`, ...) and where buckets and objects are kept (`database`, one SQLite file, safe for
several processes).
Accounts and their keys do not live here: the caller passes in who owns a key. Nothing here knows what the product
stores; it is as strict as the real service, and an operation it does not know is refused loudly.
"""

from provisioner.sandbox.http.server import Server
from provisioner.sandbox.oss.server import Fault, Interceptor, clear_oss, serve_oss

__all__ = ["Fault", "Interceptor", "Server", "clear_oss", "serve_oss"]

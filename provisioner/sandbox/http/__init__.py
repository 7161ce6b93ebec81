"""
HTTP/1.1 over plain TCP and TLS on one loopback port, for both doors of the sandbox.

    connection   requests come out of a client's connection one after the other, answers go into it
    server       who listens, on which threads connections are served, how all of it ends
    tls          the certificates with which a connection over TLS is answered

What does not live here: what a request means and how a refusal is worded. A door gives the server its `Service`.
"""

"""
A whole Alibaba Cloud that fits in a process, for trying things out and for tests.

    sandbox    the front door: `Sandbox.open(folder)`
    cloud      accounts, catalogue, ids, clock and storage; `Cloud.call` is the one way in
    actions    what each OpenAPI action checks, changes and answers
    wire       the HTTP door to the same actions
    oss        the object store's REST protocol
    http       the server of both, over plain TCP and TLS
    provider   a Terraform provider that is served from the running process
    client_settings    the settings with which other programs reach it
    sqlite     how the files of `cloud` and `oss` are opened

What does not live here: anything of the product. Nothing in this room imports another room of ours, so the product
cannot tell which cloud it talks to. Nothing here listens beyond the loopback interface or contacts a real cloud.
"""

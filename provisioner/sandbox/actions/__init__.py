"""
What the OpenAPI actions do: one module per resource, one function per action, named like it in snake_case.

An action checks its parameters in the order in which the service does, refuses with the service's code, changes the
store and answers in the service's shape, empty containers included (clients crash on a missing one). A value that was
not sent is not invented. `table` lists every action; one that is not listed does not exist.

Not here: transport and signatures (`provisioner.sandbox.wire`), storage and accounts (`provisioner.sandbox.cloud`).

Error codes and messages are those of the Alibaba Cloud OpenAPI error tables, read 2026-10.
"""

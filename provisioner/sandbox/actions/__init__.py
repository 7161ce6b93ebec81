"""
What the OpenAPI actions do: one folder per product, one module per resource, one function per action, named like it in
snake_case.

    ecs  ess  quotas  ram  slb  sts  vpc    the products
    account  resource_group                 actions that several products have, or that belong to none of them
    naming  paging  tagging                 rules for parameters and answers that the products share
    table                                   every action by API version and name; one that is not listed does not exist

An action checks its parameters in the order in which the service does, refuses with the service's code, changes the
store and answers in the service's shape, empty containers included (clients crash on a missing one). A value that was
not sent is not invented.

Not here: transport and signatures (`provisioner.sandbox.wire`), storage and accounts (`provisioner.sandbox.cloud`).

Error codes and messages are those of the Alibaba Cloud OpenAPI error tables, read 2026-10.
"""

"""
The verbs of `provision state`, one module per verb.

Not here: the log and its lease (`provisioner.state`).
"""

"""
The verbs of `provision state`, one module per verb.

What does not live here: the log and its lease (`provisioner.state`).
"""

"""
What the program does, one module per verb: plan, apply, destroy, status, render; the only place where manifests,
translation, terraform, the state log and the cloud meet.

What does not live here: printing and asking (a `Reporter` does that), terraform's command lines (`runner`), the
layout of the state log (`state`).
"""

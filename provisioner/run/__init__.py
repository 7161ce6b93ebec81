"""
The parts that the verbs share: their context, one connected session, the two root modules, the loop that applies a plan
and looks again, retries, rolling machines.

Not here: the verbs (`workflows`), printing and asking (a `Reporter` does that), terraform's command lines (`runner`),
the layout of the state log (`state`).
"""

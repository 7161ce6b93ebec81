"""
What the verbs share: the context they are called in, one connected session, the two root modules, the loop that applies
a plan and looks again, retries, rolling machines.

What does not live here: a verb (`workflows`), printing and asking (a `Reporter` does that), terraform's command lines
(`runner`), the layout of the state log (`state`).
"""

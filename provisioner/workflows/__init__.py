"""
The verbs of the program: plan, apply, destroy, adopt, status, render, and those of `state`; `fleet` runs one of them
for several shoots.

Not here: the parts that verbs share (`run`), printing and asking (`cli` and `reports`). No verb imports another.
"""

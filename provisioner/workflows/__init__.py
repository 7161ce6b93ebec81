"""
The verbs of the program, one module each: plan, apply, destroy, adopt, status, render, the verbs of `state`; `fleet`
runs one of them for several shoots.

Not here: the parts that verbs share (`run`), printing and asking (`cli` and `reports`). No verb imports another.
"""

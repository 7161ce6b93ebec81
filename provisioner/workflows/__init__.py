"""
What the program does, one module per verb: plan, apply, destroy, adopt, status, render, and the verbs of `state`.

What does not live here: what verbs share (`run`), printing and asking (`cli` and `reports`). No verb imports another.
"""

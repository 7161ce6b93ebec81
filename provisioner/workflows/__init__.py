"""
What the program does, one module per verb: plan, apply, destroy, adopt, status, render, and the verbs of `state`; and
one that does any of them for several shoots (`fleet`).

What does not live here: what verbs share (`run`), printing and asking (`cli` and `reports`). No verb imports another.
"""

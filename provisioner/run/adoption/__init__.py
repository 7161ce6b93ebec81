"""
What the cloud holds and no state lists: whose it is, which address it belongs to, how it gets into the state.

What does not live here: asking the cloud (`cloud`), and the order in which a run looks and goes on (`apply_loop`).
"""

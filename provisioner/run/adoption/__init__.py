"""
Objects that the cloud holds and no state lists: whose they are, their address, and how they get into the state.

Not here: asking the cloud (`cloud`), and the order in which a run looks and goes on (`apply_loop`).
"""

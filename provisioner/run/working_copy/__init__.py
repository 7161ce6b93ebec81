"""
The folder on this machine that terraform works in: its journal, storing its state while terraform runs, and what a run
that ended has left there.

What does not live here: the state log itself (`state`), and terraform's processes (`runner`).
"""

"""
The folder on this machine in which terraform works: its journal, storing its state while terraform runs, and what ended
runs left there.

Not here: the state log itself (`state`), and terraform's processes (`runner`).
"""

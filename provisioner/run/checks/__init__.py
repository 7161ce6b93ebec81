"""
Checks before a run changes anything: whether manifests, state, plan and cloud fit together.

Not here: rules that the manifests alone can break (`validation`).
"""

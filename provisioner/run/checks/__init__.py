"""
What a run refuses before it changes anything, because manifests, state, plan and cloud do not fit together.

What does not live here: rules that the manifests alone can break (`validation`).
"""

"""
Manifests to module inputs, outputs to status: pure functions, the same answer for the same input.

What does not live here: reading files (`manifests`), judging them (`validation`), anything that needs a clock, chance
or the cloud (`run` passes in the cloud's answers).
"""

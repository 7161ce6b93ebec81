"""
Models of the objects this project reads and writes, one module or package per API group.

Here: the shape of each object, its types, and the collection of all objects of one input. Not here: reading files
(`manifests`), Gardener's arithmetic and choices (`gardener`), rules about values and across objects (`validation`), and
turning one object into another (`translate`).

Provider configurations are strict: a field they do not know is an error, except the ControlPlaneConfig, which keeps it
for a rule to judge. Foreign Gardener objects are tolerant: what they do not know is ignored. In all of them, a value of
the wrong type is an error.
"""

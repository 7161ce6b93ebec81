"""
Models of the objects this project reads and writes, one module or package per API group.

Here: the shape of each object, its types, look-ups that need nothing but one object's own data
(`images`: name, version and region to an image id), and what sizes mean (`quantities`, `distribution`). Not here:
reading files (`manifests`), rules about values and across objects (`validation`), and turning one object into another
(`translate`).

Provider configurations are strict: a field they do not know is an error. Foreign Gardener objects are tolerant: what
they do not know is ignored. In both, a value of the wrong type is an error.
"""

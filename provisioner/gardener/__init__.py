"""
Gardener's own arithmetic and selection rules: shares of zones, machine images, disk sizes, labels of nodes.

What does not live here: the objects that the rules are about (`api`), what becomes of them on Alibaba Cloud
(`translate`), and refusing what breaks a rule (`validation`).
"""

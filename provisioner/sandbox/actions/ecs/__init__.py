"""Elastic Compute Service (Ecs 2014-05-26): instances, disks, images, security groups, key pairs, launch templates."""

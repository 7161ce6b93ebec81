"""Quota Center: how much an account may have of a product, and has."""

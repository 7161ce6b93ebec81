"""
Reads files, directories and standard input into `api` models.

Here: YAML and JSON text to plain data (`documents`), plain data to models and their problems (`objects`), and the
collection that the rest of the program works with (`load`). Every problem found is reported, not only the first, and
no message quotes a value of a Secret. Not here: rules about values or across objects (`validation`).
"""

from provisioner.manifests.documents import Document, read_documents
from provisioner.manifests.load import Manifests, load_manifests

__all__ = ["Document", "Manifests", "load_manifests", "read_documents"]

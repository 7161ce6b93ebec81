"""
Reads files, directories and standard input into `api` models.

Here: files to documents (`documents`), YAML and JSON text to plain data (`yaml_stream`, `json_text`), plain data to
models and their problems (`objects`), what can be read of an object that has some (`rest`), and all files of one
invocation to the collection that the rest of the program works with (`load`). It reports every problem, not only the
first, and no message quotes a value of a Secret. Not here: rules about values or across objects (`validation`), and the
shape of objects and of the collection (`api`).
"""

from provisioner.api.collection import Manifests
from provisioner.manifests.documents import Document, read_documents
from provisioner.manifests.load import collect_manifests, load_manifests

__all__ = ["Document", "Manifests", "collect_manifests", "load_manifests", "read_documents"]

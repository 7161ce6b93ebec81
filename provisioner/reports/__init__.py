"""
The only way from a result to what a reader gets: JSON documents with their names, and lines of text.

Results are dataclasses with Python's names; which of them a document has, under which names and in which order, is said
here alone. A module takes the types of results for the type checker only, so that `provision validate`, which reports
problems, loads no workflow.

What does not live here: streams, colours and questions (`cli`), the results (`workflows`, `run`), the form of what is
stored (`state`, `place`, the journal). What the sandbox's commands print stays with them: only the command line knows
that there is a sandbox.
"""

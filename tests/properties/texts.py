"""Texts: such as Kubernetes takes for names and labels, and such as tools on the way could misread."""

from __future__ import annotations

import string

from hypothesis import strategies as st

_ENDS = string.ascii_letters + string.digits
_MIDDLE = _ENDS + "-_."
HOSTILE = (
    "${", "${var.region}", "$${", "%{", "%{ if true }", "%%{ endif }", "{{ x }}", "{% raw %}", "{#", '"', "'",
    "\\", "\\n",
    "\n", "\r\n", "\t", "\n---\n", "\n...\n", "<<EOT\nEOT\n", "#!/bin/sh\n", "#cloud-config\n", "$(id)",
    "`id`", "&a *a",
    "!!python/object:os.system", "\x07", "\x1b[2J", "\x7f", "\u0085", "\u2028", "\ufeff", "\u202e", "ü", "日本語",
    "🚀", "e\u0301", "\U0010ffff", "null", "~", "0x1f", " ", "- a: b", "<<: *a", "A" * 5000,
)  # fmt: skip
"""What means something to HCL, Jinja, YAML, JSON, a shell or a terminal, or is not ASCII."""
FORGED = "\nNo changes.\rerror: \x1b[2J\x7f\x85\x9b31m\u200b\u200f\u202e\u2028\u2066\ufeff\u061c\u3164\U000e0041"
"""What would look like a line of this program, or act on a terminal, if it were printed as it is."""


def hostile_texts() -> st.SearchStrategy[str]:
    """Return texts made of what could be misread."""
    return st.lists(st.sampled_from(HOSTILE), max_size=5).map("".join)


def texts_from_outside() -> st.SearchStrategy[str]:
    """Return what a cloud, terraform or a manifest could say."""
    return st.text(max_size=20) | hostile_texts() | st.just(FORGED)


def label_names() -> st.SearchStrategy[str]:
    """Return the keys of labels without a domain."""
    return st.one_of(
        st.sampled_from(["a", "workload", "aliyun-thing", "acs.x", "x" * 63, "A_b.c", "Name", "1", "y"]),
        st.builds(
            lambda first, middle, last: first + middle + last,
            st.sampled_from(_ENDS),
            st.text(_MIDDLE, max_size=20),
            st.sampled_from(_ENDS),
        ),
    )


def taggable_names() -> st.SearchStrategy[str]:
    """Return those keys of labels that can be keys of tags."""
    domains = st.sampled_from(["", "example.com/", "node.kubernetes.io/"])
    return st.builds(lambda domain, name: domain + _taggable(name), domains, label_names())


def qualified_names() -> st.SearchStrategy[str]:
    """Return the keys of labels and annotations, with and without a domain."""
    domains = st.sampled_from(["", "", "example.com/", "node.kubernetes.io/", "aliyun.com/", f"{'long.' * 40}example/"])
    return st.builds(lambda domain, name: domain + name, domains, label_names())


def label_values() -> st.SearchStrategy[str]:
    """Return the values of labels, such as tags can have."""
    return st.one_of(st.sampled_from(["", "true", "1", "acs.x", "v" * 63]), label_names().map(_taggable))


def _taggable(text: str) -> str:
    """Return a text that does not begin as no tag can; with a colon, as `acs:`, it would be no label either."""
    return text.replace("aliyun", "cloud")

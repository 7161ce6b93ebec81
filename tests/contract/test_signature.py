"""Our signature of OpenAPI requests, held against the official SDK's."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioner.cloud import Credentials
from provisioner.cloud.signature import NO_BODY, authorization, canonical_query

sdk = pytest.importorskip("alibabacloud_tea_openapi.utils", reason="the official SDK is not installed")

NAMES = st.from_regex(r"[A-Za-z0-9.]{1,20}", fullmatch=True)
"""Of parameters: the SDK does not escape them."""
TEXTS = st.text(st.characters(codec="utf-8"), min_size=1) | st.sampled_from(["a b", "~-_.", "ä/€+*&=%", "😀"])
HEADER = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1)


@given(st.dictionaries(NAMES, TEXTS), st.dictionaries(st.sampled_from(["x-acs-date", "accept"]), HEADER), TEXTS)
def test_it_is_the_sdks(query, headers, secret):
    headers = {"host": "vpc.aliyuncs.com", "x-acs-content-sha256": NO_BODY, **headers}
    request = SimpleNamespace(method="POST", pathname="/", query=query, headers=headers)
    expected = sdk.Utils.get_authorization(request, "ACS3-HMAC-SHA256", NO_BODY, "LTAIkey", secret)
    assert authorization(Credentials("LTAIkey", secret), query, headers) == expected


@given(st.dictionaries(NAMES, TEXTS))
def test_the_query_is_escaped_as_the_sdk_does(query):
    assert canonical_query(query) == "&".join(
        f"{sdk.quote(name, safe='~')}={sdk.quote(value, safe='~')}" for name, value in sorted(query.items())
    )

"""Blocks of HCL that read back as what was written."""

from __future__ import annotations

import hcl2
import pytest

from provisioner.sandbox.client_settings.hcl import to_hcl_block, to_hcl_value


def test_block_is_aligned_and_keeps_nested_blocks_apart():
    content = {"region": "eu-central-1", "skip": True, "endpoints": {"vpc": "127.0.0.1:1"}}
    assert to_hcl_block('provider "alicloud"', content) == (
        'provider "alicloud" {\n'
        '  region = "eu-central-1"\n'
        "  skip   = true\n"
        "\n"
        "  endpoints {\n"
        '    vpc = "127.0.0.1:1"\n'
        "  }\n"
        "}\n"
    )


def test_block_of_blocks_has_no_empty_line():
    assert to_hcl_block("terraform", {'backend "oss"': {"key": "k"}}) == (
        'terraform {\n  backend "oss" {\n    key = "k"\n  }\n}\n'
    )


@pytest.mark.parametrize("text", ['say "hello"', "back\\slash", "tab\tand\nnewline", "ümläut", "plain"])
def test_string_reads_back(text):
    unquoted = hcl2.SerializationOptions(strip_string_quotes=True)
    assert hcl2.loads(f"value = {to_hcl_value(text)}\n", serialization_options=unquoted)["value"] == text


@pytest.mark.parametrize(
    ("text", "written"), [("${path.module}", '"$${path.module}"'), ("%{ if true }", '"%%{ if true }"')]
)
def test_template_in_a_string_is_written_as_text(text, written):
    assert to_hcl_value(text) == written

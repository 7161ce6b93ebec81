"""The schema that terraform is given."""

from __future__ import annotations

from tf.gen import tfplugin_pb2 as pb

from tests.unit.sandbox.provider.terraform_side import ALL_TYPES, Terraform


def test_the_schema_has_every_type(terraform: Terraform) -> None:
    assert set(terraform.schema.resource_schemas) == ALL_TYPES


def test_timeouts_are_a_single_block_of_strings_where_the_type_has_them(terraform: Terraform) -> None:
    blocks = {
        nested.type_name: nested for nested in terraform.schema.resource_schemas["alicloud_vpc"].block.block_types
    }
    assert blocks["timeouts"].nesting == pb.Schema.NestedBlock.SINGLE
    assert [attribute.name for attribute in blocks["timeouts"].block.attributes] == ["create", "delete", "update"]
    rule = terraform.schema.resource_schemas["alicloud_security_group_rule"]
    assert [nested.type_name for nested in rule.block.block_types] == []

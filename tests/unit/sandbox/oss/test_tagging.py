"""Tags of objects."""

from __future__ import annotations

import oss2

from tests.unit.sandbox.oss.oss_service import Service


def test_tags_come_back(service: Service) -> None:
    bucket = service.bucket()
    bucket.put_object("a", b"", headers={"x-oss-tagging": "k=v&x=y"})
    rule = oss2.models.TaggingRule()
    rule.add("gc-marked-for-deletion", "true")
    assert bucket.get_object_tagging("a").tag_set.tagging_rule == {"k": "v", "x": "y"}
    bucket.put_object_tagging("a", oss2.models.Tagging(rule))
    assert bucket.get_object_tagging("a").tag_set.tagging_rule == {"gc-marked-for-deletion": "true"}

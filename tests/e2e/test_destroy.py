"""Destroy, where it is not simply the reverse of an apply."""

from __future__ import annotations

import json

from tests.e2e.conftest import ENTRY, EXAMPLE, open_bucket


def test_tainted_configurations_with_nodes_do_not_keep_a_shoot_alive(provision, engine):
    """ESS refuses to delete a configuration that is not its group's only one while its nodes run (InstanceInUse)."""
    provision.engine = engine
    provision.begin_applied(EXAMPLE)
    with open_bucket(provision) as store:
        newest = store.list(f"{ENTRY}/provisioner/worker/state/")[-1].key
        state = json.loads(store.get(newest).body)
        for resource in state["resources"]:
            if resource["type"] == "alicloud_ess_scaling_configuration":
                for instance in resource["instances"]:
                    instance["status"] = "tainted"
        state["serial"] += 1
        number = int(newest.rpartition("/")[2].partition(".")[0]) + 1
        body = json.dumps(state).encode()
        store.put_if_absent(f"{ENTRY}/provisioner/worker/state/{number:010}.tfstate", body, {})
    refused = provision("apply", EXAMPLE)
    assert (refused.code, "InstanceInUse" in refused.err) == (5, True)
    provision.ok("destroy", EXAMPLE)
    assert provision.counts() == {}


def test_destroy_of_an_unknown_shoot_founds_no_entry(provision):
    """A lease under a mistyped uid would later make the shoot's real entry one of two."""
    provision.ok("apply", EXAMPLE)
    mistyped = provision.write("mistyped.yaml", lambda shoot: shoot["status"].update(uid="no-such-uid"))
    refused = provision("destroy", mistyped)
    assert (refused.code, "the manifests name the entry shoot--demo--canary--no-such-uid" in refused.err) == (3, True)
    with open_bucket(provision) as store:
        assert store.list("shoot--demo--canary--no-such-uid") == []

"""Credentials: one change to the example, one problem."""

from __future__ import annotations

from tests.unit.validation.cases import Accepted, Case, no_problem_each, one_problem_each
from tests.unit.validation.example import Judge, Objects

CASES = [
    Case(
        "half an access key",
        lambda o: o["Secret/cloudprovider"]["stringData"].pop("accessKeySecret"),
        "Secret/cloudprovider",
        "data.accessKeySecret",
        "Required",
        ["is required: it is half of the access key"],
    ),
    Case(
        "access key id that is too short",
        lambda o: o["Secret/cloudprovider"]["stringData"].update(accessKeyID="LTAI"),
        "Secret/cloudprovider",
        "stringData.accessKeyID",
        "Invalid",
        ["16 to 128"],
    ),
    Case(
        "access key secret with a line break",
        lambda o: o["Secret/cloudprovider"]["stringData"].update(accessKeySecret="a" * 30 + "\n"),
        "Secret/cloudprovider",
        "stringData.accessKeySecret",
        "Invalid",
        ["begins or ends with a line break"],
    ),
    Case(
        "access key secret that is too short",
        lambda o: o["Secret/cloudprovider"]["stringData"].update(accessKeySecret="abc"),
        "Secret/cloudprovider",
        "stringData.accessKeySecret",
        "Invalid",
        ["shorter than 30"],
    ),
    Case(
        "security token that is empty",
        lambda o: o["Secret/cloudprovider"]["stringData"].update(securityToken=""),
        "Secret/cloudprovider",
        "stringData.securityToken",
        "Required",
        ["is empty"],
    ),
    Case(
        "security token with a line break",
        lambda o: o["Secret/cloudprovider"]["stringData"].update(securityToken="CAIS\n"),
        "Secret/cloudprovider",
        "stringData.securityToken",
        "Invalid",
        ["begins or ends with a line break"],
    ),
    Case(
        "user data that is empty",
        lambda o: o["Secret/general-user-data"].update(stringData={"cloud_config": ""}),
        "Secret/general-user-data",
        "stringData.cloud_config",
        "Required",
        ["is empty"],
    ),
    Case(
        "user data over the limit",
        lambda o: o["Secret/general-user-data"].update(stringData={"cloud_config": "#" * 32769}),
        "Secret/general-user-data",
        "stringData.cloud_config",
        "TooLong",
        ["32769 bytes", "32768", "CreateScalingConfiguration"],
    ),
    Case(
        "private instead of public key",
        lambda o: o["Secret/canary.ssh-keypair"].update(stringData={"id_rsa.pub": "-----BEGIN OPENSSH PRIVATE KEY"}),
        "Secret/canary.ssh-keypair",
        "stringData.id_rsa.pub",
        "Invalid",
        ["is not an SSH public key"],
    ),
    Case(
        "public key that is not text",
        lambda o: o["Secret/canary.ssh-keypair"].update(stringData={}, data={"id_rsa.pub": "/////w=="}),
        "Secret/canary.ssh-keypair",
        "data.id_rsa.pub",
        "Invalid",
        ["is not an SSH public key"],
    ),
    Case(
        "access key id that is too long",
        lambda o: o["Secret/cloudprovider"]["stringData"].update(accessKeyID="a" * 129),
        "Secret/cloudprovider",
        "stringData.accessKeyID",
        "Invalid",
        ["16 to 128"],
    ),
    Case(
        "access key id with a hyphen",
        lambda o: o["Secret/cloudprovider"]["stringData"].update(accessKeyID="a-" * 10),
        "Secret/cloudprovider",
        "stringData.accessKeyID",
        "Invalid",
        ["letters, digits and . _ ="],
    ),
]

ACCEPTED = [
    Accepted(
        "temporary credentials",
        lambda o: o["Secret/cloudprovider"]["stringData"].update(
            accessKeyID="STS." + "a" * 25, securityToken="CAIS+/="
        ),
    ),
    Accepted("shortest id", lambda o: o["Secret/cloudprovider"]["stringData"].update(accessKeyID="a._=" * 4)),
    Accepted("longest id", lambda o: o["Secret/cloudprovider"]["stringData"].update(accessKeyID="a" * 128)),
    Accepted(
        "most user data", lambda o: o["Secret/general-user-data"].update(stringData={"cloud_config": "#" * 32768})
    ),
    Accepted("shortest secret", lambda o: o["Secret/cloudprovider"]["stringData"].update(accessKeySecret="a/ " * 10)),
]

test_a_bad_secret_gives_exactly_one_problem = one_problem_each(CASES)
test_a_good_secret_is_no_problem = no_problem_each(ACCEPTED)


def test_no_message_shows_a_credential(judge: Judge, objects: Objects) -> None:
    secret = objects["Secret/cloudprovider"]["stringData"]
    secret.update(accessKeyID="hunter2", accessKeySecret="hunter2", securityToken="hunter2\n")
    text = "\n".join(str(problem) for problem in judge(objects).errors)
    assert text.count("Secret/cloudprovider") == 3
    assert "hunter2" not in text

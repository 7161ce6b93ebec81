from provisioner.runner.environment import terraform_environment


def test_settings_that_change_a_commands_meaning_do_not_reach_terraform():
    environ = {
        "TF_CLI_ARGS": "-destroy",
        "TF_LOG": "trace",
        "DEBUG": "sdk",
        "AWS_SECRET_ACCESS_KEY": "x",
        "PATH": "/bin",
        "TF_WORKSPACE": "w",
    }
    assert terraform_environment(environ, {"EXTRA": "1"}) == {
        "PATH": "/bin",
        "TF_IN_AUTOMATION": "1",
        "TF_INPUT": "0",
        "CHECKPOINT_DISABLE": "1",
        "EXTRA": "1",
    }

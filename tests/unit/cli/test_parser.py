import pytest

from provisioner.cli.parser import parse_arguments


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("0", 0), ("0s", 0), ("30s", 30), ("5m", 300), ("1h30m", 5400), ("500ms", 0.5), ("1.5m", 90)],
)
def test_duration_is_read_as_terraform_reads_it(text, seconds):
    arguments = parse_arguments(["apply", "shoot.yaml", "--lock-timeout", text])
    assert arguments.lock_timeout == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["", "30", "5 m", "m", "-5m", "5d", "1e3s"])
def test_what_is_no_duration_is_refused(text, capsys):
    with pytest.raises(SystemExit) as caught:
        parse_arguments(["apply", "shoot.yaml", f"--lock-timeout={text}"])
    assert (caught.value.code, "is not a duration" in capsys.readouterr().err) == (3, True)


@pytest.mark.parametrize("command", [["apply"], ["destroy"], ["state", "rollback", "--root", "worker", "--to", "1"]])
def test_whatever_takes_a_lease_can_wait_for_it(command):
    assert parse_arguments([*command, "shoot.yaml", "--lock-timeout", "5m"]).lock_timeout == 300


def test_plan_takes_no_lease_and_waits_for_none(capsys):
    with pytest.raises(SystemExit):
        parse_arguments(["plan", "shoot.yaml", "--lock-timeout", "5m"])
    assert "--lock-timeout" in capsys.readouterr().err

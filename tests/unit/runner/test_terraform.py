import json
import os
import signal
import threading
import time
from datetime import timedelta

import pytest

from provisioner.errors import CloudError, InterruptedRunError, TerraformError
from provisioner.runner import Change, Interruption, Terraform
from provisioner.runner.terraform import terraform_environment
from tests.unit.runner.conftest import write_script

CREATE = {"type": "planned_change", "change": {"resource": {"addr": "a.b"}, "action": "create"}}
NOOP = {"type": "planned_change", "change": {"resource": {"addr": "a.c"}, "action": "noop"}}


def make_terraform(engine, folder, interruption=None, **options):
    return Terraform(engine, folder, dict(os.environ), interruption or Interruption(timedelta(seconds=5)), **options)


def test_plan_lists_changes_and_leaves_out_what_stays(stand_in, folder):
    write_script(folder, lines=[CREATE, NOOP], exit=2)
    plan = make_terraform(stand_in, folder).plan()
    assert (plan.has_changes, plan.changes) == (True, (Change("a.b", "create"),))


def test_plan_without_changes_says_so(stand_in, folder):
    write_script(folder, exit=0)
    assert make_terraform(stand_in, folder).plan().has_changes is False


def test_plan_command_line_is_what_python_terraform_builds(stand_in, folder):
    write_script(folder)
    make_terraform(stand_in, folder, parallelism=7).plan(destroy=True)
    assert json.loads((folder / "arguments.json").read_text()) == [
        "plan",
        "-input=false",
        "-json",
        "-detailed-exitcode",
        "-out=plan.tfplan",
        "-parallelism=7",
        "-lock=false",
        "-destroy",
    ]


def test_events_arrive_while_terraform_runs(stand_in, folder):
    write_script(folder, lines=[{"type": "apply_start"}, "not json"])
    seen = []
    make_terraform(stand_in, folder, on_event=lambda event: seen.append(event.type)).apply()
    assert seen == ["apply_start", "text"]


def test_cloud_error_of_a_diagnostic_is_raised(stand_in, folder):
    diagnostic = {
        "severity": "error",
        "summary": "SDKError:\n   Code: QuotaExceeded.Vpc\n   Message: quota is exceeded",
    }
    write_script(folder, lines=[{"type": "diagnostic", "diagnostic": diagnostic}], exit=1)
    with pytest.raises(CloudError) as caught:
        make_terraform(stand_in, folder).apply()
    assert (caught.value.cloud_code, caught.value.codes) == ("QuotaExceeded.Vpc", ("ERR_INFRA_QUOTA_EXCEEDED",))


def test_failed_destroy_names_the_resource_although_terraform_does_not(stand_in, folder):
    start = {
        "type": "apply_start",
        "hook": {"resource": {"addr": "module.m.alicloud_vpc.this"}, "action": "delete", "id_value": "vpc-1"},
    }
    text = "Resource vpc-1 DeleteVpc Failed!!!\nSDKError:\n   Code: DependencyViolation.VSwitch\n   Message: in use"
    diagnostic = {"type": "diagnostic", "diagnostic": {"severity": "error", "summary": text}}
    write_script(folder, lines=[start, diagnostic], exit=1)
    with pytest.raises(CloudError, match=r"^module.m.alicloud_vpc.this: DeleteVpc: DependencyViolation.VSwitch"):
        make_terraform(stand_in, folder).apply()


def test_updates_that_failed_are_known_until_the_next_command(stand_in, folder):
    events = [
        {"type": "apply_errored", "hook": {"resource": {"addr": address}, "action": action}}
        for address, action in (("a.b", "update"), ("a.c", "create"), ("a.d", "delete"))
    ]
    write_script(folder, lines=events, exit=1)
    terraform = make_terraform(stand_in, folder)
    with pytest.raises(TerraformError):
        terraform.apply()
    assert terraform.failed_updates == {"a.b"}
    write_script(folder)
    terraform.plan()
    assert terraform.failed_updates == set()


def test_crash_tells_what_terraform_said_on_standard_error(stand_in, folder):
    write_script(folder, stderr="panic: it broke", exit=11)
    with pytest.raises(TerraformError, match="exit code 11: panic: it broke"):
        make_terraform(stand_in, folder).apply()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_any_signal_becomes_exactly_one_sigint(stand_in, folder, number):
    write_script(folder, waits=True, exit=1)
    interruption = Interruption(timedelta(seconds=20))
    with interruption.installed():
        sender = threading.Thread(target=send_when_ready, args=(folder, [number, signal.SIGINT, signal.SIGTERM]))
        sender.start()
        with pytest.raises(InterruptedRunError) as caught:
            make_terraform(stand_in, folder, interruption).plan()
        sender.join()
    received = json.loads((folder / "signals.json").read_text())
    assert (received, caught.value.exit_code) == (["SIGINT"], 128 + number)


def test_terraform_that_does_not_stop_is_killed_after_the_grace(stand_in, folder):
    write_script(folder, waits=True, is_stubborn=True)
    interruption = Interruption(timedelta(seconds=0.3))
    start = time.monotonic()
    with interruption.installed():
        sender = threading.Thread(target=send_when_ready, args=(folder, [signal.SIGTERM]))
        sender.start()
        with pytest.raises(InterruptedRunError):
            make_terraform(stand_in, folder, interruption).plan()
        sender.join()
    assert time.monotonic() - start < 10


def test_interrupted_apply_is_no_failure_of_terraform(stand_in, folder):
    diagnostic = {"severity": "error", "summary": "execution halted"}
    write_script(folder, waits=True, lines=[{"type": "diagnostic", "diagnostic": diagnostic}], exit=1)
    interruption = Interruption(timedelta(seconds=20))
    with interruption.installed():
        sender = threading.Thread(target=send_when_ready, args=(folder, [signal.SIGTERM]))
        sender.start()
        with pytest.raises(InterruptedRunError):
            make_terraform(stand_in, folder, interruption).apply()
        sender.join()


def test_no_terraform_is_started_after_a_signal(stand_in, folder):
    write_script(folder)
    interruption = Interruption(timedelta(seconds=5))
    with interruption.installed():
        os.kill(os.getpid(), signal.SIGINT)
        with pytest.raises(InterruptedRunError):
            make_terraform(stand_in, folder, interruption).init()
    assert not (folder / "arguments.json").exists()


def test_terraform_that_was_started_while_the_lease_got_lost_is_ended_at_once(stand_in, folder):
    write_script(folder, waits=True, is_stubborn=True)
    interruption = Interruption(timedelta(seconds=60))
    terraform = make_terraform(stand_in, folder, interruption)

    def refuse():
        interruption.kill("the lease is lost")
        raise TerraformError("the lease is lost")

    terraform.on_start = refuse
    start = time.monotonic()
    with pytest.raises(TerraformError, match="the lease is lost"):
        terraform.apply()
    assert time.monotonic() - start < 20


def test_signal_that_arrives_during_a_print_does_not_block(stand_in, folder):
    """The handler runs inside whatever the main thread does, which may be printing a note under the console's lock."""
    write_script(folder, waits=True, exit=1)
    printing = threading.Lock()

    def note(_text):
        with printing:
            pass

    def print_slowly(_event):
        with printing:
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(0.05)

    interruption = Interruption(timedelta(seconds=20), notify=note)
    write_script(folder, waits=True, lines=[{"type": "log"}], exit=1)
    with interruption.installed(), pytest.raises(InterruptedRunError):
        Terraform(stand_in, folder, {}, interruption, on_event=print_slowly).apply()


def test_signal_between_two_terraforms_stops_the_run(stand_in, folder):
    interruption = Interruption(timedelta(seconds=5))
    with interruption.installed():
        os.kill(os.getpid(), signal.SIGTERM)
        with pytest.raises(InterruptedRunError, match="SIGTERM"):
            interruption.check()


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


def send_when_ready(folder, numbers):
    """Send the signals to this process once the stand-in waits, as an impatient operator would."""
    end = time.monotonic() + 20
    while not (folder / "ready").exists() and time.monotonic() < end:
        time.sleep(0.01)
    for number in numbers:
        os.kill(os.getpid(), number)
        time.sleep(0.05)


def test_state_that_terraform_could_not_write_anywhere_is_taken_from_its_events(stand_in, folder):
    write_script(folder, lines=[{"type": "log", "@message": "Emergency state dump", "state": {"serial": 7}}], exit=1)
    seen = []
    terraform = make_terraform(stand_in, folder, on_event=seen.append)
    with pytest.raises(TerraformError):
        terraform.apply()
    assert ([json.loads(body) for body in terraform.emergency_states()], seen) == ([{"serial": 7}], [])


def test_state_that_terraform_wrote_to_another_file_is_found(stand_in, folder):
    (folder / "errored.tfstate").write_bytes(b"{}")
    assert make_terraform(stand_in, folder).emergency_states() == [b"{}"]

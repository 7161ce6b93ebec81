import subprocess
import sys

from provisioner.runner.command_line import FLAG, command_line


def test_command_line_has_the_engine_in_front_and_is_what_python_terraform_builds(stand_in):
    line = command_line(stand_in, "apply", "plan.tfplan", input=False, json=FLAG, parallelism=7, target=None)
    assert line == [*stand_in.command, "apply", "-input=false", "-json", "-parallelism=7", "plan.tfplan"]


def test_python_terraform_is_not_loaded_before_a_terraform_is_run():
    code = "import sys, provisioner.runner; print('python_terraform' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout == b"False\n"

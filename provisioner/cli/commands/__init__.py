"""
The commands, one module each: `add_arguments(parser)`, and `run(arguments, console, process) -> exit code`.

A module is loaded to show the help of its command, so it imports the rooms that do the work in `run`. No command
imports another.
"""

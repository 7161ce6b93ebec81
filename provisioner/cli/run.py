"""Runs one command: settings, logging, the command's module, and the way from an error to an exit code."""

from __future__ import annotations

import argparse
import importlib
import os
import resource
import signal
import sys
import threading
from contextlib import suppress
from io import TextIOWrapper
from types import ModuleType
from typing import TYPE_CHECKING, Any

from provisioner.api.text import printable
from provisioner.cli.console import Console
from provisioner.cli.process import Process
from provisioner.errors import InterruptedRunError, Problem, ProvisionError

if TYPE_CHECKING:
    import logging

_INTERNAL_ERROR = 1
_NO_PLUGINS = "__all__"
"""Of pydantic's, in PYDANTIC_DISABLE_PLUGINS."""


def run_command(arguments: argparse.Namespace, process: Process, *, is_own_process: bool) -> int:
    """Return the exit code of the command that `arguments` names; logging is set for a process of its own."""
    console = Console(arguments.output, sys.stdout, sys.stderr)
    if is_own_process:
        _silence_sdks(console)
    try:
        command = importlib.import_module(f"provisioner.cli.commands.{arguments.module}")
        if is_own_process and getattr(command, "LOGS", True):
            _configure_logging(arguments.log_level)
        code: int = command.run(arguments, console, process)
    except ProvisionError as error:
        console.error(error)
        return error.exit_code
    except KeyboardInterrupt:  # before or after the part of a run that handles signals itself
        interrupted = InterruptedRunError(signal.SIGINT, "stopped by SIGINT")
        console.error(interrupted)
        return interrupted.exit_code
    except BrokenPipeError:
        # The reader of our output has left, so no error can reach it.
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115, PTH123 - stays open until the interpreter ends
        return _INTERNAL_ERROR
    except Exception as error:  # the last resort: an operator gets a sentence, `--log-level debug` gets the traceback
        import logging

        if is_own_process:
            _configure_logging(arguments.log_level)
        logging.getLogger("provisioner").debug("unexpected error", exc_info=True)
        console.error(
            ProvisionError(
                f"unexpected {type(error).__name__}; this is a fault of provision itself",
                type="InternalError",
                fix="run again with --log-level debug and report what it prints",
            )
        )
        return _INTERNAL_ERROR
    return code


def configure_process(arguments: argparse.Namespace) -> None:
    """Set what holds for a whole process, and is therefore left alone when a program calls `main` itself."""
    # Whatever a run writes (working copies, rendered user data, the sandbox's accounts) is for its owner alone.
    os.umask(0o077)
    _forbid_core_dumps()
    threading.excepthook = _log_thread_error
    if os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", _NO_PLUGINS) == _NO_PLUGINS:
        _spare_plugin_search()
    if isinstance(sys.stdout, TextIOWrapper):
        # A name or a sign that the locale cannot encode must not end a run; standard error does this by itself.
        sys.stdout.reconfigure(errors="backslashreplace")


def _silence_sdks(console: Console) -> None:
    """Take away what lets Alibaba's SDKs print whole requests, with the access key id in them."""
    # Read at each request, by aliyunsdkcore (which oss2 brings), Tea and darabonba; none of it reaches terraform.
    if "sdk" in os.environ.get("DEBUG", "").lower().split(","):
        del os.environ["DEBUG"]
        detail = "DEBUG=sdk is not passed on: it prints requests with access keys"
        console.warn(Problem("environment", "DEBUG", "Ignored", detail, "for more records use --log-level debug"))


def _spare_plugin_search() -> None:
    """
    Tell pydantic that there are no plugins, without what would look for them in every installed package.

    The variable alone spares the search and not the import of importlib.metadata, and with it of email, zipfile and
    socket: 15 ms, a tenth of `provision validate`. Plugins do not extend our models. The real
    module answers everything else.
    """
    name = "pydantic.plugin._loader"

    def load(attribute: str) -> object:
        if attribute.startswith("__"):
            raise AttributeError(attribute)
        del sys.modules[name]
        return getattr(importlib.import_module(name), attribute)

    stand_in = ModuleType(name)
    stand_in.__dict__.update(get_plugins=tuple, __getattr__=load)
    sys.modules.setdefault(name, stand_in)


def _forbid_core_dumps() -> None:
    """Keep what is in memory, here and in everything that is started, from being written to a disk by a crash."""
    # One byte is less than any dump has, as 0 is; but to 0 Linux pays no heed where dumps are handed to a program
    # (core(5), "Piping core dumps to a program"; fs/coredump.c, read 2026-11).
    for limit in (1, 0):
        with suppress(OSError, ValueError):  # it may be lower already
            resource.setrlimit(resource.RLIMIT_CORE, (limit, limit))
            return


def _log_thread_error(error: threading.ExceptHookArgs) -> None:
    """Log what a thread failed with, in place of a traceback as it comes."""
    import logging

    name = error.thread.name if error.thread else "?"
    cause = error.exc_value or error.exc_type()
    logging.getLogger("provisioner").error("unexpected error in thread %s", name, exc_info=cause)


def line_formatter() -> logging.Formatter:
    """Return what makes one line of each record, whatever a name or a cloud's text in it has; tracebacks follow."""
    import logging

    class OneLine(logging.Formatter):
        def formatMessage(self, record: logging.LogRecord) -> str:
            return printable(super().formatMessage(record))

        def formatException(self, ei: Any) -> str:
            # Indented, because the text of an exception may have several lines.
            return "\n".join(f"    {printable(line)}" for line in super().formatException(ei).split("\n"))

    return OneLine("%(asctime)s %(levelname)s %(name)s: %(message)s")


def _configure_logging(level: str) -> None:
    import logging

    # Only our own records are shown at the level asked for: other libraries log requests with everything in them.
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(line_formatter())
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("provisioner").setLevel(level.upper())

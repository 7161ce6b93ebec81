"""The environment of a terraform."""

from __future__ import annotations

from collections.abc import Mapping

_PASSED_ON = frozenset(
    {
        "PATH", "HOME", "LANG", "TMPDIR", "TZ", "USER", "SSL_CERT_FILE", "SSL_CERT_DIR",
        "TF_CLI_CONFIG_FILE", "TF_PLUGIN_CACHE_DIR",
    }
)  # fmt: skip
_PROXIES = frozenset({"http_proxy", "https_proxy", "no_proxy"})


def terraform_environment(environ: Mapping[str, str], extra: Mapping[str, str]) -> dict[str, str]:
    """
    Return terraform's environment: the variables that a program needs, and none that changes a command's meaning.

    It lacks TF_CLI_ARGS, TF_WORKSPACE, TF_DATA_DIR and the like; TF_LOG, which writes requests with user data; and
    credentials of other accounts and clouds, which the provider must not see. `extra` wins.
    """
    kept = {
        name: value
        for name, value in environ.items()
        if name in _PASSED_ON or name.startswith(("LC_", "XDG_")) or name.lower() in _PROXIES
    }
    return {
        **kept,
        "TF_IN_AUTOMATION": "1",
        "TF_INPUT": "0",
        "CHECKPOINT_DISABLE": "1",
        **extra,
    }

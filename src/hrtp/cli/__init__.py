"""The command line. Heavy modules are imported by the command that needs them, so that ``--help`` is instant."""

from hrtp.cli import (  # noqa: F401 - each adds its commands to the application
    alerts,
    bi,
    care,
    explain,
    holds,
    identity,
    identity_model,
    metrics,
    night,
    organizations,
    partners,
    privacy,
    quarantine,
)
from hrtp.cli.app import app, main

__all__ = ["app", "main"]

"""The command line. Heavy modules are imported by the command that needs them, so that ``--help`` is instant."""

from hrtp.cli import night, partners, quarantine  # noqa: F401 - each adds its commands to the application
from hrtp.cli.app import app, main

__all__ = ["app", "main"]

"""A cloud of one's own: Cloud Backup and Recovery and IAM, with real disk bytes behind them."""

from __future__ import annotations

from cbr_notebook.simulator.cloud import Cloud
from cbr_notebook.simulator.control.credentials import CloudCredentials
from cbr_notebook.simulator.control.resource_handles import Disk, Server
from cbr_notebook.simulator.core.state import StateFileError

__all__ = ["Cloud", "CloudCredentials", "Disk", "Server", "StateFileError"]

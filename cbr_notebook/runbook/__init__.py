"""The guided restore: plan, check, confirm, run, verify, prove. No widgets and no HTTP."""

from cbr_notebook.runbook.verify.manifest import over_ssh

__all__ = ["over_ssh"]

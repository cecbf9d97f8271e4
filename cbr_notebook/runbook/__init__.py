"""The guided restore: plan, check, confirm, run, verify, prove. No widgets and no HTTP."""

from cbr_notebook.runbook.verify.checksum_manifest import checksum_by, over_ssh

__all__ = ["checksum_by", "over_ssh"]

"""The guided restore: plan, check, confirm, run, verify, prove. No widgets and no HTTP."""

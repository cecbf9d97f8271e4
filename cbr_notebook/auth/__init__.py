"""Who a session is: credentials, tokens, signatures. Nothing of backup and recovery."""

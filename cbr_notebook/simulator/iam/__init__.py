"""Identity and access: accounts, tokens, signatures."""

"""A read-only look at an account: what works, what does not, and a record without names."""

"""How a notebook shows what this package answers: tables, errors, and what may come next."""

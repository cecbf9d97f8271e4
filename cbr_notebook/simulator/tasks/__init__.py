"""The records of all that runs on after its request was answered."""

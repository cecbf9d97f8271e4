"""From a request to an answer: sending, bounds, patience, decoding, and what went wrong."""

"""Words and times as people write them."""

"""The operations on the account itself: what it has paid, its projects, and what holds for them."""

"""The steps of the restore form, in the order in which one takes them."""

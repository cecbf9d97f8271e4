"""What runs beside the main thread, what must not be cut in two, and in which order it is done."""

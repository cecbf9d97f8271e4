"""The clouds of a class on one port, and the API by which their clocks and machines are driven."""

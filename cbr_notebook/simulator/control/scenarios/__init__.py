"""Bad days in one line each: what may befall a simulated cloud, and how it is undone."""

"""Work that the service carries out: found, watched, awaited."""

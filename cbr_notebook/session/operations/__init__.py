"""What a session can change: typed records back; long work is a Task."""

"""The foundation: the state, the clock, the scheduler of events, and the bytes of disks."""

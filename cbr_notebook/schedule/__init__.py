"""When policies run and what they keep: pure functions that know no session."""

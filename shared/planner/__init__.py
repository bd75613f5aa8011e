"""The planner: one pure function from (topology, snapshot, now) to the state of every cell."""

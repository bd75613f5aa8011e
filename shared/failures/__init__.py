"""What could not be done: categories, types, and the life of a failure row."""

"""Benchmarks: programs with a number and a ratio as their result, on the real season."""

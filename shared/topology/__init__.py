"""Processors as declared data, and the graph that follows from the declarations."""

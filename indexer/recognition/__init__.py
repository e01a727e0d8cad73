"""Paths in, readings of their pages out: discovery, workers, choice of engines, combination. It searches nothing."""

"""Measurements: the hot path, indexes, accuracy, scaling; peers beside us."""

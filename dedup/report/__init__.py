"""Answers to look at: which words two texts share and where they differ, as views and as one self-contained file."""

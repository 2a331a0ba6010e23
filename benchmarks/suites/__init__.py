"""What `python -m benchmarks` runs: each suite yields rows."""

"""The paths under `/v1`, and those that machines watch."""

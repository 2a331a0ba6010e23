"""What must not get worse: instructions and recall."""

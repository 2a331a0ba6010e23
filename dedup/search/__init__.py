"""Question to answer: candidates, verification, filters, and why."""

"""Other packages, and what one would do without this one."""

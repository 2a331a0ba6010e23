"""Index layouts behind one Protocol; see `base` for the promises."""

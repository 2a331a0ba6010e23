"""The HTTP edge: a FastAPI application over one index; `create_app` makes it, `dedup serve` starts it."""

"""The HTTP edge: a FastAPI application over one index; `create_app` makes it, `dedup serve` starts it."""

from dedup.extras import extra

with extra("service", "the service"):
    import fastapi  # noqa: F401 - to say what is missing, once, and first
    import httptools  # noqa: F401 - the same
    import limits  # noqa: F401 - the same
    import prometheus_client  # noqa: F401 - the same
    import pydantic_settings  # noqa: F401 - the same
    import structlog  # noqa: F401 - the same
    import uvicorn  # noqa: F401 - the same

"""The index at the other end of a URL: the verbs of `dedup.Index` over HTTP, plain and async."""

from dedup.extras import extra

with extra("client", "dedup.Client"):
    import httpx2  # noqa: F401 - to say what is missing, once, and first

from dedup.client.clients import AsyncClient, Client

__all__ = ["AsyncClient", "Client"]

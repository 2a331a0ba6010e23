"""The index at the other end of a URL: the verbs of `dedup.Index` over HTTP, plain and async."""

from dedup.client.clients import AsyncClient, Client

__all__ = ["AsyncClient", "Client"]

"""Whether the service lives, is ready, and how large its index is."""

from dataclasses import asdict
from typing import Any

from fastapi import APIRouter

from service.json import Answer
from service.state import Shared

router = APIRouter(tags=["operations"])


@router.get("/livez")
async def livez() -> dict[str, str]:
    """Say that the process answers."""
    return {"status": "alive"}


@router.get("/readyz")
async def readyz(service: Shared) -> dict[str, str]:
    """Say that the index can be asked and has the scheme it was opened with."""
    await service.read(service.index.stats)
    return {"status": "ready"}


@router.get("/v1/stats", response_model=dict[str, Any])
async def stats(service: Shared) -> Answer:
    """Return the index's size and scheme."""
    sizes = await service.read(service.index.stats)
    scheme = service.index.scheme
    return Answer({**asdict(sizes), "scheme": {**asdict(scheme), "fingerprint": scheme.fingerprint}})

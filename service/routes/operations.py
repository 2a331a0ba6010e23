"""Whether the service lives, is ready, and how large its index is."""

import gc
from dataclasses import asdict

from fastapi import APIRouter, Response

from dedup.engine import open_index
from service.backend import Service, Shared
from service.json import NOSNIFF, JsonAnswer
from service.openapi import refusals
from service.schemas import StatsOut, StatusOut
from service.strict_json import StrictRoute

router = APIRouter(tags=["operations"], route_class=StrictRoute)
PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8"


@router.get("/livez", response_model=StatusOut, responses=refusals())
async def livez() -> JsonAnswer:
    """Say that the process answers."""
    return JsonAnswer({"status": "alive"})


@router.get("/readyz", response_model=StatusOut, responses=refusals())
async def readyz(service: Shared) -> JsonAnswer:
    """Say that the index can be asked, and has the scheme that it was opened with."""
    await service.read(_asked_anew, service)
    return JsonAnswer({"status": "ready"})


def _asked_anew(service: Service) -> None:
    """Ask the index, opened once more: somebody may have put another in its place."""
    service.index.stats()
    url = service.settings.index
    if not url.startswith("memory:"):
        open_index(url, service.index.scheme, create=False, read_only=True).close()


@router.get("/v1/stats", response_model=StatsOut, responses=refusals())
async def stats(service: Shared) -> JsonAnswer:
    """Return the index's size and scheme."""
    sizes = await service.read(service.index.stats)
    scheme = service.index.scheme
    return JsonAnswer({**asdict(sizes), "scheme": {**asdict(scheme), "fingerprint": scheme.fingerprint}})


@router.get("/metrics", response_class=Response, responses={200: {"content": {PROMETHEUS: {}}}, **refusals()})
async def metrics(service: Shared) -> Response:
    """Return the counters, as Prometheus reads them."""
    return Response(await service.read(_measured, service), media_type=PROMETHEUS, headers=NOSNIFF)


def _measured(service: Service) -> bytes:
    sizes = service.index.stats()
    for name in ("documents", "chunks", "postings", "bytes"):
        service.metrics.size.labels(name).set(getattr(sizes, name))
    service.metrics.frozen.set(gc.get_freeze_count())
    return service.metrics.text()

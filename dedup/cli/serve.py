"""The index over HTTP."""

from typing import Any

from pydantic import ValidationError

from dedup.cli.opening import open_index
from dedup.cli.terminal import note
from dedup.cli.warm import prepare_kernels
from dedup.errors import InvalidInput, StoreUnreachable
from dedup.stores.urls import shown
from service.auth import refuse_open_doors
from service.saved import refuse_same_index
from service.server import listening
from service.server import run as start
from service.settings import Settings
from service.telemetry import require_exporter


def run(**given: Any) -> None:
    """Serve until told to stop."""
    try:
        settings = Settings(**{name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
        raise InvalidInput(f"settings: {faults}; mend the environment or the table [serve] of the file") from None
    refuse_open_doors(settings)
    require_exporter(settings)
    with listening(settings) as sockets:
        prepare_kernels()
        for url in filter(None, (settings.index, settings.saved_index)):
            if _made(url):
                note(f"there was no index at {shown(url)}: a new one was made, which is empty")
        refuse_same_index(settings)
        host = f"[{settings.host}]" if ":" in settings.host else settings.host
        note(f"serving {shown(settings.index)} at http://{host}:{sockets[0].getsockname()[1]}/")
        start(settings, sockets)


def _made(url: str) -> bool:
    """Make the index if there is none; return whether there was none."""
    try:
        open_index(url, read_only=True).close()
    except StoreUnreachable:
        open_index(url, create=True).close()
        return True
    return False

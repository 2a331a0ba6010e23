"""API keys, known by their hashes only. `dedup key NAME [SCOPE…]` makes one, `python -m service.auth` does the same."""

import hashlib
import secrets
import sys

from pydantic import ValidationError

from dedup.errors import InvalidInput
from service.settings import Key, Settings


def refuse_open_doors(settings: Settings) -> None:
    """Refuse to serve other machines without a key.

    Raises:
        InvalidInput: the address bound is not loopback, and there is no key.
    """
    if not settings.keys and not settings.loopback:
        raise InvalidInput(
            f"serve: {settings.host} can be reached from other machines and no API key is set; "
            "bind 127.0.0.1, or make a key with `dedup key NAME read write` and set it"
        )


def main(name: str, *scopes: str) -> None:
    """Print a new key and the lines that let the service know it.

    Raises:
        InvalidInput: the name is not one, or a scope does not exist.
    """
    secret = secrets.token_urlsafe(32)
    digest = hashlib.sha256(secret.encode()).hexdigest()
    try:
        key = Key.model_validate({"name": name, "sha256": digest, "scopes": scopes or ("read",)})
    except ValidationError as error:
        faults = "; ".join(f"{fault['loc'][0]}: {fault['msg']}" for fault in error.errors())
        raise InvalidInput(f"key {name!r}: {faults}") from None
    listed = ", ".join(f'"{scope}"' for scope in sorted(key.scopes))
    print(f"# the key, shown only now: {secret}")  # noqa: T201 - a command prints
    print(f'[[serve.keys]]\nname = "{name}"\nsha256 = "{digest}"\nscopes = [{listed}]')  # noqa: T201 - the same


if __name__ == "__main__":
    main(*sys.argv[1:])

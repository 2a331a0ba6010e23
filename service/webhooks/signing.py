"""Signatures, in the form of Standard Webhooks: the receiver knows who sent a body, and when."""

import base64
import hashlib
import hmac
from collections.abc import Sequence

PREFIX = "whsec_"
FEWEST, MOST = 24, 64  # bytes of a secret, as Standard Webhooks 1.0 has it


def secret_of(written: str) -> bytes:
    """Return the secret that `whsec_…` holds in base64.

    Raises:
        ValueError: it is none, or too short or too long; the message does not repeat it.
    """
    try:
        secret = base64.b64decode(written.removeprefix(PREFIX), validate=True)
    except ValueError:
        secret = b""
    if not written.startswith(PREFIX) or not FEWEST <= len(secret) <= MOST:
        raise ValueError(
            f"a secret is {PREFIX} and {FEWEST} to {MOST} bytes in base64; openssl rand -base64 32 makes one"
        )
    return secret


def signed(secrets: Sequence[bytes], name: str, moment: int, body: bytes) -> dict[str, str]:
    """Return the headers that sign a body, once with each secret, so that a receiver may know either.

    Args:
        secrets: the secrets, the new one first.
        name: names what is told: the same whenever it is sent again; ASCII without a full stop.
        moment: when it is sent, in seconds since 1970: a receiver refuses what is old.
        body: the body, as it is sent.
    """
    content = f"{name}.{moment}.".encode() + body
    signatures = (base64.b64encode(hmac.digest(secret, content, hashlib.sha256)).decode() for secret in secrets)
    return {
        "webhook-id": name,
        "webhook-timestamp": str(moment),
        "webhook-signature": " ".join(f"v1,{one}" for one in signatures),
    }

"""Where webhooks may go: hosts that the operator names, at addresses of the public network unless marked otherwise."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from socket import SOCK_STREAM
from typing import Self
from urllib.parse import urlsplit

from service.problems import Problem

PORTS = {"http": 80, "https": 443}
LONGEST = 2_000  # not measured: characters, more than any receiver's address has
_HOST = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9_.-]+)(?::([1-9][0-9]{0,4}))?( private)?")
_URL = re.compile(r"[!-~]+")  # neither a blank nor a line end, which would begin another line of the request
_NAT64 = IPv6Network("64:ff9b::/96")
_ODD: list[IPv4Network | IPv6Network] = [
    *map(IPv6Network, ("fec0::/10", "3fff::/20")),
    *map(IPv4Network, ("192.0.0.0/24", "192.88.99.0/24")),
]
"""Site-local, documentation, protocol assignments, relays of 6to4: no receiver's, whatever a version of Python says."""
_ISATAP = 0x5EFE  # in such an address (RFC 5214) the last 32 bits are those of an IPv4 address

Resolve = Callable[[str, int], Awaitable[list[str]]]


@dataclass(frozen=True, slots=True)
class Host:
    """A host that webhooks may go to, as `HOST`, `HOST:PORT` or `HOST:PORT private` names it.

    Attributes:
        name: a name or an address, in lower case; an IPv6 address without its brackets.
        port: the only port; None for 80 and 443.
        private: whether its address may be one of a private network or of this machine.
    """

    name: str
    port: int | None
    private: bool

    @classmethod
    def of(cls, written: str) -> Self:
        """Return the host that a setting names.

        Raises:
            ValueError: it is none.
        """
        found = _HOST.fullmatch(written.lower())
        port = int(found[2]) if found and found[2] else None
        if not found or (port or 0) > 65_535:
            raise ValueError(f"{written!r}: write HOST, HOST:PORT or, for a private address, HOST:PORT private")
        return cls(found[1].strip("[]"), port, bool(found[3]))

    def covers(self, name: str, port: int) -> bool:
        """Whether this host and port are meant."""
        return name == self.name and (port == self.port if self.port else port in PORTS.values())


@dataclass(frozen=True, slots=True)
class Target:
    """Where a webhook goes.

    Attributes:
        tls: whether the connection is encrypted and the host's certificate verified.
        host: its name or address.
        port: its port.
        path: path and query of the request.
        private: whether any address of the host will do.
    """

    tls: bool
    host: str
    port: int
    path: str
    private: bool

    @property
    def authority(self) -> str:
        """Host and port as the header `Host` has them."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PORTS["https" if self.tls else "http"] else f"{host}:{self.port}"


def target(url: str, hosts: Sequence[Host]) -> Target:
    """Return where a URL leads.

    Raises:
        Problem: 422 `webhook_refused`, if it is no plain http or https URL, or its host is not one of `hosts`.
    """
    if len(url) > LONGEST or not _URL.fullmatch(url):
        raise refused(
            f"the URL of the webhook has blanks, other than ASCII, or over {LONGEST:,} characters; shorten it"
        )
    try:
        parts = urlsplit(url)
        port = PORTS.get(parts.scheme) if parts.port is None else parts.port
    except ValueError:
        raise refused("the URL of the webhook is none; write https://HOST/PATH") from None
    if not port or parts.scheme not in PORTS or not parts.hostname or "@" in parts.netloc or "#" in url or "\\" in url:
        raise refused("the webhook is no plain URL; write https://HOST/PATH, without a user, a password or a fragment")
    host = next((one for one in hosts if one.covers(parts.hostname, port)), None)
    if host is None:
        raise refused(
            "webhooks may not go to this host and port; ask whoever runs the service to add it to the setting "
            "webhook_hosts, or read the hits at /v1/watches/hits"
        )
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(parts.scheme == "https", parts.hostname, port, path, host.private)


def refused(detail: str) -> Problem:
    """Return the refusal of a webhook."""
    return Problem(422, "webhook_refused", detail)


async def addresses(goal: Target, resolve: Resolve) -> list[str]:
    """Return the addresses of a target that may be connected to; whoever connects must use these and not ask again.

    Raises:
        Problem: `webhook_refused`, if there is none.
        OSError: the host has no address.
    """
    found = await resolve(goal.host, goal.port)
    allowed = [one for one in found if goal.private or public(one)]
    if not allowed:
        raise refused("the host has private addresses only; mark it as private in webhook_hosts if that is meant")
    return allowed


async def resolved(host: str, port: int) -> list[str]:
    """Return the addresses of a host, as the system knows them."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


def public(address: str) -> bool:
    """Whether an address is one of the public network, and so is the IPv4 address that it may stand for."""
    return _public(ip_address(address))


def _public(address: IPv4Address | IPv6Address) -> bool:
    if isinstance(address, IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (_last_32_bits(address) if _holds_ipv4(address) else None)
        if inner:
            return _public(inner)
    return address.is_global and not (
        address.is_multicast or address.is_reserved or any(address in net for net in _ODD)
    )


def _holds_ipv4(address: IPv6Address) -> bool:
    return address in _NAT64 or int(address) >> 32 & 0xFCFF_FFFF == _ISATAP


def _last_32_bits(address: IPv6Address) -> IPv4Address:
    return IPv4Address(int(address) & 0xFFFF_FFFF)
